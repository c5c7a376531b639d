// Package todos holds the data that every peer serves.
package todos

import "strconv"

// Count is how many todos there are.
const Count = 1000

const users = 10

// Todo is something to remember; its author and owner are resolved.
type Todo struct {
	ID       string
	Title    string
	Text     string
	Done     bool
	Priority int
	userID   int
}

// User writes and owns todos.
type User struct {
	ID   string
	Name string
}

// All has every todo.
var All = makeAll()

var people = makePeople()

func makeAll() []*Todo {
	all := make([]*Todo, Count)
	for number := range all {
		text := strconv.Itoa(number)
		all[number] = &Todo{text, "Todo " + text, "What is to be done, number " + text, number%2 == 0, number % 5, number % users}
	}
	return all
}

func makePeople() []*User {
	all := make([]*User, users)
	for number := range all {
		text := strconv.Itoa(number)
		all[number] = &User{text, "User " + text}
	}
	return all
}

// UserOf returns the user that a todo belongs to.
func UserOf(todo *Todo) *User {
	return people[todo.userID]
}

package main

import (
	"context"
	"strconv"

	"benchmarks/gqlgen/generated"
	"benchmarks/gqlgen/todos"
)

type resolvers struct{}

func (resolvers) Query() generated.QueryResolver { return query{} }
func (resolvers) Todo() generated.TodoResolver   { return todo{} }

type query struct{}

func (query) Todos(_ context.Context, first int) ([]*todos.Todo, error) {
	return todos.All[:first], nil
}

func (query) Todo(_ context.Context, id string) (*todos.Todo, error) {
	number, err := strconv.Atoi(id)
	if err != nil || number < 0 || number >= todos.Count {
		return nil, nil
	}
	return todos.All[number], nil
}

type todo struct{}

func (todo) Author(_ context.Context, parent *todos.Todo) (*todos.User, error) {
	return todos.UserOf(parent), nil
}

func (todo) Owner(_ context.Context, parent *todos.Todo) (*todos.User, error) {
	return todos.UserOf(parent), nil
}

// Package orders is the shop's data, equal to ../../../python/orders.py.
package orders

import (
	"fmt"
	"time"
)

// Order is an order; its seller is found by SellerID.
type Order struct {
	ID       int
	Number   int
	Status   Status
	Total    Decimal
	PlacedAt time.Time
	Note     *string
	Priority *int
	Customer *Customer
	Address  *Address
	Lines    []*Line
	SellerID int
}

// Customer is who orders.
type Customer struct {
	ID    int
	Name  string
	Email *string
}

// Address is where an order goes.
type Address struct {
	Street string
	City   string
	Zip    *string
}

// Line is a part of an order.
type Line struct {
	Sku      string
	Quantity int
	Price    Decimal
	Weight   *float64
}

// Contact is who sells.
type Contact struct {
	ID   string
	Name string
}

// Payment is a card or a transfer.
type Payment interface{ IsPayment() }

// Card is a payment.
type Card struct {
	ID     int
	Amount Decimal
	Last4  string
}

// Transfer is another payment.
type Transfer struct {
	ID        int
	Amount    Decimal
	Reference *string
}

// IsPayment puts a card into the union.
func (*Card) IsPayment() {}

// IsPayment puts a transfer into the union.
func (*Transfer) IsPayment() {}

// What the shop has.
var (
	All      = makeAll(200, makeOrder)
	Contacts = makeAll(100, makeContact)
	Payments = makeAll(100, makePayment)
)

var (
	customers = makeAll(50, makeCustomer)
	addresses = makeAll(50, makeAddress)
	statuses  = []Status{"NEW", "PAID", "SHIPPED"}
	begin     = time.Date(2026, 1, 1, 8, 30, 0, 0, time.UTC)
)

func makeAll[T any](count int, makeOne func(int) T) []T {
	all := make([]T, count)
	for number := range all {
		all[number] = makeOne(number)
	}
	return all
}

func makeContact(number int) *Contact {
	return &Contact{fmt.Sprint(number), fmt.Sprintf("Contact %d", number)}
}

func makeCustomer(number int) *Customer {
	email := fmt.Sprintf("%d@example.com", number)
	return &Customer{number, fmt.Sprintf("Customer %d", number), unless(number%3 == 0, email)}
}

func makeAddress(number int) *Address {
	zip := fmt.Sprintf("%05d", number)
	return &Address{fmt.Sprintf("%d Main Street", number), "Springfield", unless(number%3 == 1, zip)}
}

func makeOrder(number int) *Order {
	note := fmt.Sprintf("Leave order %d at the door", number)
	order := &Order{
		ID:       number,
		Number:   10_000 + number,
		Status:   statuses[number%3],
		Total:    Decimal(number*725 + 1_250),
		PlacedAt: begin.Add(time.Duration(number) * time.Minute),
		Note:     unless(number%3 == 2, note),
		Priority: unless(number%3 == 1, number%5),
		Customer: customers[number%50],
		Lines:    makeAll(5, func(each int) *Line { return makeLine(number + each) }),
		SellerID: number % 100,
	}
	if number%3 != 0 {
		order.Address = addresses[number%50]
	}
	return order
}

func makeLine(number int) *Line {
	return &Line{
		Sku:      fmt.Sprintf("SKU-%04d", number),
		Quantity: number%7 + 1,
		Price:    Decimal(number*25 + 199),
		Weight:   unless(number%3 == 0, float64(number)/8),
	}
}

func makePayment(number int) Payment {
	amount := Decimal(number*100 + 99)
	if number%2 == 1 {
		return &Card{number, amount, fmt.Sprintf("%04d", number)}
	}
	return &Transfer{number, amount, unless(number%3 == 0, fmt.Sprintf("RF%d", number))}
}

func unless[T any](isNull bool, value T) *T {
	if isNull {
		return nil
	}
	return &value
}

package main

import (
	"context"
	"strconv"

	"benchmarks/gqlgen/shop/generated"
	"benchmarks/gqlgen/shop/orders"
)

type resolvers struct{}

func (resolvers) Query() generated.QueryResolver { return query{} }
func (resolvers) Order() generated.OrderResolver { return order{} }

type query struct{}

func (query) Orders(_ context.Context, first int) ([]*orders.Order, error) {
	return orders.All[:first], nil
}

func (query) Order(_ context.Context, id string) (*orders.Order, error) {
	number, err := strconv.Atoi(id)
	if err != nil {
		return nil, err
	}
	return orders.All[number], nil
}

func (query) Contacts(_ context.Context, first int) ([]*orders.Contact, error) {
	return orders.Contacts[:first], nil
}

func (query) Payments(_ context.Context, first int) ([]orders.Payment, error) {
	return orders.Payments[:first], nil
}

type order struct{}

func (order) Seller(_ context.Context, parents []*orders.Order) ([]*orders.Contact, error) {
	sellers := make([]*orders.Contact, len(parents))
	for index, parent := range parents {
		sellers[index] = orders.Contacts[parent.SellerID]
	}
	return sellers, nil
}

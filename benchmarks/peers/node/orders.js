// The shop's schema and data, equal to `../python/orders.py`.
import { readFileSync } from "node:fs";

export const SDL = readFileSync(new URL("../orders.graphql", import.meta.url), "utf8");

const STATUSES = ["NEW", "PAID", "SHIPPED"];
const money = (cents) => (cents / 100).toFixed(2);
const range = (length, make) => Array.from({ length }, (_, number) => make(number));
const padded = (number, width) => `${number}`.padStart(width, "0");
const BEGIN = Date.parse("2026-01-01T08:30:00Z");

const CONTACTS = range(100, (number) => ({ id: `${number}`, name: `Contact ${number}` }));
const CUSTOMERS = range(50, (number) => ({
  id: number,
  name: `Customer ${number}`,
  email: number % 3 === 0 ? null : `${number}@example.com`,
}));
const ADDRESSES = range(50, (number) => ({
  street: `${number} Main Street`,
  city: "Springfield",
  zip: number % 3 === 1 ? null : padded(number, 5),
}));
const line = (number) => ({
  sku: `SKU-${padded(number, 4)}`,
  quantity: (number % 7) + 1,
  price: money(number * 25 + 199),
  weight: number % 3 === 0 ? null : number / 8,
});
const ORDERS = range(200, (number) => ({
  id: number,
  number: 10000 + number,
  status: STATUSES[number % 3],
  total: money(number * 725 + 1250),
  placedAt: new Date(BEGIN + number * 60000).toISOString().replace(".000Z", "+00:00"),
  note: number % 3 === 2 ? null : `Leave order ${number} at the door`,
  priority: number % 3 === 1 ? null : number % 5,
  customer: CUSTOMERS[number % 50],
  address: number % 3 === 0 ? null : ADDRESSES[number % 50],
  lines: range(5, (each) => line(number + each)),
  seller: CONTACTS[number % 100],
}));
const PAYMENTS = range(100, (number) =>
  number % 2
    ? { __typename: "Card", id: number, amount: money(number * 100 + 99), last4: padded(number, 4) }
    : {
        __typename: "Transfer",
        id: number,
        amount: money(number * 100 + 99),
        reference: number % 3 === 0 ? null : `RF${number}`,
      },
);

export const RESOLVERS = {
  Query: {
    orders: (_, { first }) => ORDERS.slice(0, first),
    order: (_, { id }) => ORDERS[id],
    contacts: (_, { first }) => CONTACTS.slice(0, first),
    payments: (_, { first }) => PAYMENTS.slice(0, first),
  },
};

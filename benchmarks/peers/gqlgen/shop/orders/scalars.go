package orders

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// gqlgen asks that each of these types can be read, too.
var errOutputOnly = errors.New("no argument has this type")

// Status is how far an order is.
type Status string

// MarshalGQL writes the name, as the enums that gqlgen generates do.
func (status Status) MarshalGQL(w io.Writer) {
	fmt.Fprint(w, strconv.Quote(string(status)))
}

// UnmarshalGQL fails.
func (*Status) UnmarshalGQL(any) error { return errOutputOnly }

// Decimal is money, in cents.
type Decimal int

// MarshalGQL writes a string with two decimal places.
func (amount Decimal) MarshalGQL(w io.Writer) {
	fmt.Fprintf(w, `"%d.%02d"`, amount/100, amount%100)
}

// UnmarshalGQL fails.
func (*Decimal) UnmarshalGQL(any) error { return errOutputOnly }

// MarshalDateTime writes a time as Python does: UTC is +00:00.
func MarshalDateTime(value time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		io.WriteString(w, value.Format(`"2006-01-02T15:04:05-07:00"`))
	})
}

// UnmarshalDateTime fails.
func UnmarshalDateTime(any) (time.Time, error) { return time.Time{}, errOutputOnly }

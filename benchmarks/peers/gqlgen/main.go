// The todos served by gqlgen, set up as its own default server is: gqlgen-peer PORT.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"benchmarks/gqlgen/generated"
)

func main() {
	server := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolvers{}}))
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], server))
}

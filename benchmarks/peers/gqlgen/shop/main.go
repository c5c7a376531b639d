// gqlgen in this process, timed by whoever writes to standard input; ../../node/jit.js says what
// the lines are.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"syscall"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"benchmarks/gqlgen/shop/generated"
)

type task struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
	Count     int            `json:"count"`
}

type report struct {
	Answer string  `json:"answer"`
	CPU    float64 `json:"cpu"`
	Wall   float64 `json:"wall"`
}

func main() {
	shop := executor.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolvers{}}))
	shop.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	lines, reports := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	lines.UseNumber() // as gqlgen reads a request
	for lines.More() {
		var line task
		if err := lines.Decode(&line); err != nil {
			log.Fatal(err)
		}
		if err := reports.Encode(measure(shop, line)); err != nil {
			log.Fatal(err)
		}
	}
}

func measure(shop *executor.Executor, line task) report {
	var answer []byte
	begin, cpu := time.Now(), processorTime()
	for range line.Count {
		answer = execute(shop, line)
	}
	return report{string(answer), (processorTime() - cpu).Seconds(), time.Since(begin).Seconds()}
}

// execute does what gqlgen's transport does after it has read a request.
func execute(shop *executor.Executor, line task) []byte {
	ctx := graphql.StartOperationTrace(context.Background())
	operation, errs := shop.CreateOperationContext(
		ctx, &graphql.RawParams{Query: line.Query, Variables: line.Variables})
	if errs != nil {
		log.Fatal(errs)
	}
	responses, ctx := shop.DispatchOperation(ctx, operation)
	answer, err := json.Marshal(responses(ctx))
	if err != nil {
		log.Fatal(err)
	}
	return answer
}

// processorTime is that of all threads: gqlgen resolves concurrently, and Go collects garbage so.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

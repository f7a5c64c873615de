// Command istioctl is Istio's own command line, built from its module for the tests.
package main

import (
	"fmt"
	"os"

	"istio.io/istio/istioctl/cmd"
)

func main() {
	if err := cmd.ConfigAndEnvProcessing(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(cmd.GetExitCode(err))
	}
	if err := cmd.GetRootCmd(os.Args[1:]).Execute(); err != nil {
		os.Exit(cmd.GetExitCode(err))
	}
}

// Command forwarder is as much of a kubelet as forwarding ports needs: the API server asks it, by the address of a Node,
// for a port of a pod, and gets whoever listens on loopback in that pod's stead.
//
// Arguments: the port to serve, then NAMESPACE/POD:PORT=ADDRESS for each port of a pod.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubelet/pkg/cri/streaming/portforward"
)

const patience = time.Minute

// forwarder has an address for each NAMESPACE/POD:PORT.
type forwarder map[string]string

// PortForward connects a stream with who stands for a port, until either ends.
func (f forwarder) PortForward(_ context.Context, pod string, _ types.UID, port int32, stream io.ReadWriteCloser) error {
	address, known := f[fmt.Sprintf("%s:%d", pod, port)]
	if !known {
		return fmt.Errorf("nobody listens at %d", port)
	}
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	go func() {
		_, _ = io.Copy(connection, stream)
		_ = connection.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(stream, connection)
	return err
}

func (f forwarder) serve(answer http.ResponseWriter, request *http.Request) {
	options, err := portforward.NewV4Options(request)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	pod := request.PathValue("namespace") + "/" + request.PathValue("pod")
	protocols := []string{"portforward.k8s.io"}
	portforward.ServePortForward(answer, request, f, pod, "", options, patience, patience, protocols)
}

func main() {
	pods := forwarder{}
	for _, argument := range os.Args[2:] {
		port, address, _ := strings.Cut(argument, "=")
		pods[port] = address
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/portForward/{namespace}/{pod}", pods.serve)
	// The test server comes with a certificate, which is all that the API server asks of a kubelet by default.
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: mux}}
	server.StartTLS()
	select {}
}

// Command adsprobe asks an istiod for the clusters and endpoints of proxies, over delta ADS as their agents would.
//
// It reads proxies from standard input, one JSON object a line, and writes what each is sent, in their order.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	clusterType  = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
	endpointType = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
)

type proxy struct {
	Type, IP, Name, Namespace string
	Metadata                  map[string]any
}

type row struct {
	Cluster string `json:"cluster"`
	Address string `json:"address"`
	Port    uint32 `json:"port"`
	Health  string `json:"health"`
}

type cluster struct {
	Name            string `json:"name"`
	Type            string `json:"type"`
	DestinationRule string `json:"destinationRule"`
}

type answer struct {
	Clusters  []cluster `json:"clusters"`
	Endpoints []row     `json:"endpoints"`
}

func main() {
	address := flag.String("address", "127.0.0.1:15010", "plain gRPC address of istiod")
	flag.Parse()
	connection, err := grpc.NewClient(*address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30)))
	check(err)
	defer connection.Close()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var wanted proxy
		check(json.Unmarshal(lines.Bytes(), &wanted))
		found, err := ask(connection, wanted)
		check(err)
		check(json.NewEncoder(os.Stdout).Encode(found))
	}
	check(lines.Err())
}

func ask(connection *grpc.ClientConn, wanted proxy) (*answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	stream, err := discoveryv3.NewAggregatedDiscoveryServiceClient(connection).DeltaAggregatedResources(ctx)
	if err != nil {
		return nil, err
	}
	metadata, err := structpb.NewStruct(wanted.Metadata)
	if err != nil {
		return nil, err
	}
	id := fmt.Sprintf("%s~%s~%s.%s~%s.svc.cluster.local",
		wanted.Type, wanted.IP, wanted.Name, wanted.Namespace, wanted.Namespace)
	resources, err := exchange(stream, &discoveryv3.DeltaDiscoveryRequest{
		Node: &corev3.Node{Id: id, Metadata: metadata}, TypeUrl: clusterType,
	})
	if err != nil {
		return nil, err
	}
	found := &answer{Clusters: []cluster{}, Endpoints: []row{}}
	shown := map[string][]string{}
	names := []string{}
	for _, resource := range resources {
		held := &clusterv3.Cluster{}
		if err := resource.GetResource().UnmarshalTo(held); err != nil {
			return nil, err
		}
		found.Clusters = append(found.Clusters, cluster{held.GetName(), held.GetType().String(), ruleOf(held)})
		found.Endpoints = append(found.Endpoints, rowsOf(held.GetName(), held.GetLoadAssignment())...)
		if held.GetType() == clusterv3.Cluster_EDS && held.GetClusterDiscoveryType() != nil {
			name := held.GetEdsClusterConfig().GetServiceName()
			if name == "" {
				name = held.GetName()
			}
			if shown[name] == nil {
				names = append(names, name)
			}
			shown[name] = append(shown[name], held.GetName())
		}
	}
	if len(names) == 0 {
		return found, nil
	}
	resources, err = exchange(stream, &discoveryv3.DeltaDiscoveryRequest{
		TypeUrl: endpointType, ResourceNamesSubscribe: names,
	})
	for _, resource := range resources {
		held := &endpointv3.ClusterLoadAssignment{}
		if err := resource.GetResource().UnmarshalTo(held); err != nil {
			return nil, err
		}
		for _, name := range shown[held.GetClusterName()] {
			found.Endpoints = append(found.Endpoints, rowsOf(name, held)...)
		}
	}
	return found, err
}

// exchange sends a request, waits for the answer of its type, and acknowledges it.
func exchange(
	stream discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesClient, request *discoveryv3.DeltaDiscoveryRequest,
) ([]*discoveryv3.Resource, error) {
	if err := stream.Send(request); err != nil {
		return nil, err
	}
	for {
		response, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		if err := stream.Send(&discoveryv3.DeltaDiscoveryRequest{
			TypeUrl: response.GetTypeUrl(), ResponseNonce: response.GetNonce(),
		}); err != nil {
			return nil, err
		}
		if response.GetTypeUrl() == request.GetTypeUrl() {
			return response.GetResources(), nil
		}
	}
}

// ruleOf gives the path of the DestinationRule that istiod notes on a cluster.
func ruleOf(held *clusterv3.Cluster) string {
	return held.GetMetadata().GetFilterMetadata()["istio"].GetFields()["config"].GetStringValue()
}

func rowsOf(name string, assignment *endpointv3.ClusterLoadAssignment) []row {
	var found []row
	for _, group := range assignment.GetEndpoints() {
		for _, item := range group.GetLbEndpoints() {
			address := item.GetEndpoint().GetAddress()
			socket := address.GetSocketAddress()
			text := socket.GetAddress()
			if pipe := address.GetPipe(); pipe != nil {
				text = "unix://" + pipe.GetPath()
			}
			found = append(found, row{name, text, socket.GetPortValue(), item.GetHealthStatus().String()})
		}
	}
	return found
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Command adsprobe asks an istiod for everything that proxies are sent, over delta ADS as their agents would.
//
// It reads proxies from standard input, one JSON object a line, and writes what each is sent, in their order: clusters
// and endpoints in full, and of every resource its name and its bytes, counted as istiod's metric of sizes does.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	clusterType  = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
	endpointType = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
	listenerType = "type.googleapis.com/envoy.config.listener.v3.Listener"
	routeType    = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
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

// sized is a resource by its name, with the bytes of its message.
type sized struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
}

// sizes holds the resources of each discovery service.
type sizes struct {
	CDS []sized `json:"cds"`
	EDS []sized `json:"eds"`
	LDS []sized `json:"lds"`
	RDS []sized `json:"rds"`
}

type answer struct {
	Clusters  []cluster `json:"clusters"`
	Endpoints []row     `json:"endpoints"`
	Sizes     sizes     `json:"sizes"`
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
	found := &answer{
		Clusters: []cluster{}, Endpoints: []row{}, Sizes: sizes{sizesOf(resources), []sized{}, []sized{}, []sized{}},
	}
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
	if err := askEndpoints(stream, found, names, shown); err != nil {
		return nil, err
	}
	return found, askListeners(stream, found)
}

// askEndpoints asks for the assignments of these names, each of which is shown under the clusters that use it.
func askEndpoints(
	stream discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesClient, found *answer, names []string,
	shown map[string][]string,
) error {
	if len(names) == 0 {
		return nil
	}
	resources, err := exchange(stream, &discoveryv3.DeltaDiscoveryRequest{
		TypeUrl: endpointType, ResourceNamesSubscribe: names,
	})
	if err != nil {
		return err
	}
	found.Sizes.EDS = sizesOf(resources)
	for _, resource := range resources {
		held := &endpointv3.ClusterLoadAssignment{}
		if err := resource.GetResource().UnmarshalTo(held); err != nil {
			return err
		}
		for _, name := range shown[held.GetClusterName()] {
			found.Endpoints = append(found.Endpoints, rowsOf(name, held)...)
		}
	}
	return nil
}

// askListeners asks for the listeners and the routes that they name.
func askListeners(stream discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesClient, found *answer) error {
	resources, err := exchange(stream, &discoveryv3.DeltaDiscoveryRequest{TypeUrl: listenerType})
	if err != nil {
		return err
	}
	found.Sizes.LDS = sizesOf(resources)
	names := []string{}
	for _, resource := range resources {
		held := &listenerv3.Listener{}
		if err := resource.GetResource().UnmarshalTo(held); err != nil {
			return err
		}
		named, err := routesOf(held)
		if err != nil {
			return err
		}
		for _, name := range named {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	resources, err = exchange(stream, &discoveryv3.DeltaDiscoveryRequest{
		TypeUrl: routeType, ResourceNamesSubscribe: names,
	})
	found.Sizes.RDS = sizesOf(resources)
	return err
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

func sizesOf(resources []*discoveryv3.Resource) []sized {
	found := []sized{}
	for _, resource := range resources {
		found = append(found, sized{resource.GetName(), len(resource.GetResource().GetValue())})
	}
	return found
}

// routesOf gives the names of the routes that a listener's filters fetch.
func routesOf(held *listenerv3.Listener) ([]string, error) {
	var found []string
	for _, chain := range append(held.GetFilterChains(), held.GetDefaultFilterChain()) {
		for _, filter := range chain.GetFilters() {
			manager := &hcmv3.HttpConnectionManager{}
			if !filter.GetTypedConfig().MessageIs(manager) {
				continue
			}
			if err := filter.GetTypedConfig().UnmarshalTo(manager); err != nil {
				return nil, err
			}
			if name := manager.GetRds().GetRouteConfigName(); name != "" {
				found = append(found, name)
			}
		}
	}
	return found, nil
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

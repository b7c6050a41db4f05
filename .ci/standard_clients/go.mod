module standardclients
go 1.19
require (
	github.com/fullstorydev/grpcurl v1.8.9
	github.com/grpc-ecosystem/grpc-health-probe v0.4.24
)

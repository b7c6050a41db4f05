# The front door. No logic here: each target is one script or one preset.
.PHONY: deps build demo cluster-demo test integration bench train format check tidy asan tsan clean

deps:    ; .ci/deps.sh
build:   deps ; .ci/build.sh release
test:    build ; .ci/test.sh release
demo:    build ; .ci/demo.sh
cluster-demo: build ; .ci/cluster_demo.sh
integration: build ; .ci/integration.sh full
bench:   build ; .ci/bench.sh
train:   build ; .ci/train.sh
check:   ; .ci/format.sh --check && .ci/includes.sh && .ci/includes_test.sh
format:  ; .ci/format.sh
tidy:    deps ; cmake --workflow --preset tidy
asan:    deps ; cmake --workflow --preset asan
tsan:    deps ; cmake --workflow --preset tsan
clean:   ; rm -rf build out

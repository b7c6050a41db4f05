/// Compiles torch/torch.h once; see fringewatch_torch_pch() in cmake/FringewatchModule.cmake.

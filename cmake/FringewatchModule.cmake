# One function declares a module and its sibling tests; nothing else creates libraries.
#
#   fringewatch_module(name
#     SOURCES a.cc b.cc      # empty: a header-only (INTERFACE) module
#     TESTS   a_test.cc      # one test program, <name>_test, for all of them
#     DEPS    fringewatch::base Eigen3::Eigen   # PUBLIC: the include rule, checked by the linker and by .ci/includes.sh
#     TEST_DEPS fringewatch::sim
#     TORCH  a.cc a_test.cc) # links libtorch; these files (or ALL) include it and use the shared precompiled header
include(GoogleTest)

function(fringewatch_module name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;TESTS;DEPS;TEST_DEPS;TORCH")
  add_library(fringewatch_${name} STATIC ${ARG_SOURCES})
  add_library(fringewatch::${name} ALIAS fringewatch_${name})
  target_link_libraries(fringewatch_${name} PUBLIC ${ARG_DEPS} PRIVATE fringewatch::warnings)
  if(ARG_TORCH)
    target_link_libraries(fringewatch_${name} PUBLIC fringewatch::torch)
    fringewatch_torch_pch(fringewatch_${name})
    if(NOT ARG_TORCH STREQUAL "ALL")
      # Loading the header costs more than many a file: those without libtorch go without it.
      set(plain ${ARG_SOURCES} ${ARG_TESTS})
      list(REMOVE_ITEM plain ${ARG_TORCH})
      set_source_files_properties(${plain} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endif()
  if(ARG_TESTS AND FRINGEWATCH_TESTS)
    fringewatch_test(${name}_test SOURCES ${ARG_TESTS} DEPS fringewatch::${name} ${ARG_TEST_DEPS})
    if(ARG_TORCH)
      fringewatch_torch_pch(${name}_test)
    endif()
  endif()
endfunction()

# A GoogleTest program registered with ctest. LABELS as in ctest -L; TIMEOUT in seconds (default 300).
function(fringewatch_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS")
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main fringewatch::warnings)
  # PRE_TEST: tests are listed when ctest starts, so that a build does not run programs.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# torch/torch.h costs about 20 s to parse: it is compiled once, in the nn module, and reused. A precompiled header
# serves only targets of the same code model, so programs that use it are compiled as libraries are (-fPIC).
function(fringewatch_torch_pch target)
  # clang 14, that of clang-tidy here, cannot read libtorch 1.13 in C++20: these targets are not linted.
  set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "")
  get_target_property(kind ${target} TYPE)
  if(kind STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
  target_precompile_headers(${target} REUSE_FROM fringewatch_torch_header)
endfunction()

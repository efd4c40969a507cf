{
  "targets": [
    {
      "target_name": "greenthreads",
      "sources": [
        "native/addon.cc",
        "native/blocking_monitor.cc",
        "native/coroutine.cc",
        "native/event_loop.cc",
        "native/frame_walk.cc",
        "native/join_protection.cc",
        "native/microtasks.cc",
        "native/node_state.cc",
        "native/process_memory.cc",
        "native/resting_records.cc",
        "native/self_test.cc",
        "native/stack_backend.cc",
        "native/stack_pool.cc",
        "native/thread_backend.cc",
        "native/v8_archive.cc",
        "native/v8_probe.cc",
        "native/v8_state.cc"
      ],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fomit-frame-pointer"],
      "cflags_cc": ["-std=c++20", "-O2", "-fno-omit-frame-pointer", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-cast-function-type"],
      "conditions": [
        ["OS=='linux' and target_arch=='x64'", { "sources": ["native/switch/x86_64.S"] }],
        ["OS=='linux' and target_arch=='arm64'", { "sources": ["native/switch/aarch64.S"] }],
        ["OS=='mac'", {
          "xcode_settings": { "CLANG_CXX_LANGUAGE_STANDARD": "c++20" }
        }],
        ["OS=='win'", {
          "msvs_settings": { "VCCLCompilerTool": { "AdditionalOptions": ["/std:c++20"] } }
        }]
      ]
    }
  ]
}

// An addon that wants all its calls from the OS thread which has initialized it, and tells of each
// whether that was so.
#pragma once

#include <node_api.h>

void AddHomeThread(napi_env env, napi_value exports);

// SPDX-License-Identifier: Apache-2.0
//
// A small door to ONNX Runtime's C library, which is loaded at run time: no header and no link dependency of its own.
//
// Functions that can fail return NULL on success and otherwise a text that the caller frees with free().
// A library and a session may be used from several threads at once; closing them may not overlap any other use.

#ifndef DHOW_CONNXRUNTIME_H
#define DHOW_CONNXRUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Most dimensions of a tensor that go in or out.
#define ONNX_MAXIMUM_RANK 16

/// ONNX element types that this door carries; the numbers are those of ONNX's TensorProto.DataType.
enum onnx_element_type {
    ONNX_FLOAT32 = 1,
    ONNX_UINT8 = 2,
    ONNX_INT8 = 3,
    ONNX_UINT16 = 4,
    ONNX_INT16 = 5,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_STRING = 8,
    ONNX_BOOL = 9,
    ONNX_FLOAT16 = 10,
    ONNX_FLOAT64 = 11,
    ONNX_UINT32 = 12,
    ONNX_UINT64 = 13,
    ONNX_BFLOAT16 = 16,
};

typedef struct onnx_library onnx_library;
typedef struct onnx_session onnx_session;

/// One declared input or output of a model.
typedef struct onnx_port {
    const char *_Nonnull name;
    bool is_tensor;        ///< false for sequences, maps, optionals and sparse tensors
    int32_t element_type;  ///< 0 when not a tensor
    size_t rank;           ///< 0 also when the model declares no shape
    const int64_t *_Nullable shape;  ///< negative: variable
} onnx_port;

/// One input tensor of a call; the memory is the caller's and only read during the call.
typedef struct onnx_input {
    size_t port;           ///< which of the session's inputs
    int32_t element_type;
    size_t rank;
    const ptrdiff_t *_Nullable shape;
    const void *_Nullable data;  ///< dense elements; for strings an array of NUL-terminated `const char *`
    size_t count;          ///< number of elements
    size_t byte_count;     ///< size of `data`; not read for strings
} onnx_input;

/// One output tensor of a call; filled in by onnx_run, valid until onnx_outputs_release.
typedef struct onnx_output {
    size_t port;           ///< which of the session's outputs; set by the caller
    void *_Nullable value;
    int32_t element_type;
    size_t rank;
    size_t count;
    const void *_Nullable data;  ///< dense elements; NULL for strings
    int64_t shape[ONNX_MAXIMUM_RANK];
} onnx_output;

/// True when the dynamic loader can open the name or path.
bool onnx_library_is_loadable(const char *_Nonnull path);

/// Loads the shared object and makes its environment (no telemetry, no logging).
char *_Nullable onnx_library_open(const char *_Nonnull path, onnx_library *_Nullable *_Nonnull library);
const char *_Nonnull onnx_library_version(const onnx_library *_Nonnull library);
/// Whether this build of the library can compute on NVIDIA's graphics cards (not whether there is one).
bool onnx_library_has_cuda(const onnx_library *_Nonnull library);
/// Frees the environment; the shared object itself stays mapped, because it cannot be unloaded safely.
void onnx_library_close(onnx_library *_Nullable library);

/// Parses and prepares a model for one thread per call, and for the first graphics card where the library and the machine have one. The bytes are not needed afterwards. The library must outlive the session.
/// Models that keep weights in other files are refused.
char *_Nullable onnx_session_create(
    const onnx_library *_Nonnull library, const void *_Nonnull model, size_t length, onnx_session *_Nullable *_Nonnull session);
void onnx_session_close(onnx_session *_Nullable session);
/// Whether a graphics card takes part.
bool onnx_session_is_on_cuda(const onnx_session *_Nonnull session);

size_t onnx_session_input_count(const onnx_session *_Nonnull session);
size_t onnx_session_output_count(const onnx_session *_Nonnull session);
const onnx_port *_Nonnull onnx_session_input(const onnx_session *_Nonnull session, size_t index);
const onnx_port *_Nonnull onnx_session_output(const onnx_session *_Nonnull session, size_t index);

/// Computes the outputs whose ports the caller names. On failure nothing needs releasing.
char *_Nullable onnx_run(
    const onnx_session *_Nonnull session, const onnx_input *_Nullable inputs, size_t input_count, onnx_output *_Nonnull outputs,
    size_t output_count);
void onnx_outputs_release(const onnx_session *_Nonnull session, onnx_output *_Nonnull outputs, size_t output_count);

/// Size in bytes of all strings of an output together, without terminators.
char *_Nullable onnx_output_strings_length(
    const onnx_session *_Nonnull session, const onnx_output *_Nonnull output, size_t *_Nonnull length);
/// Copies the strings of an output one after the other; `offsets` receives where each begins.
char *_Nullable onnx_output_strings_copy(
    const onnx_session *_Nonnull session, const onnx_output *_Nonnull output, char *_Nonnull bytes, size_t length,
    size_t *_Nonnull offsets, size_t count);

static inline int64_t onnx_output_dimension(const onnx_output *_Nonnull output, size_t axis) {
    return output->shape[axis];
}

#endif

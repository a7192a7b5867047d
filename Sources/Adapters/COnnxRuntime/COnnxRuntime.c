// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE  // RTLD_NODELETE

#include "COnnxRuntime.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(ptrdiff_t) == sizeof(int64_t), "shapes are passed as 64-bit integers");

// The library's interface is one table of function pointers to which releases only append, so a slot's number and
// meaning never change. Version 11 of the table (release 1.11) already holds every slot used here.
#define API_VERSION 11

typedef void status;  // NULL: success
typedef void (*slot)(void);

// number, name, result, arguments
#define API_SLOTS(SLOT)                                                                                             \
    SLOT(2, get_error_message, const char *, (const status *))                                                      \
    SLOT(3, create_env, status *, (int severity, const char *log_id, void **env))                                   \
    SLOT(6, disable_telemetry, status *, (const void *env))                                                         \
    SLOT(8, create_session_from_array, status *, (const void *env, const void *, size_t, const void *options, void **))\
    SLOT(9, run, status *,                                                                                          \
         (void *session, const void *options, const char *const *input_names, const void *const *inputs, size_t,    \
          const char *const *output_names, size_t, void **outputs))                                                 \
    SLOT(10, create_session_options, status *, (void **options))                                                    \
    SLOT(17, disable_memory_pattern, status *, (void *options))                                                     \
    SLOT(19, disable_memory_arena, status *, (void *options))                                                       \
    SLOT(22, set_log_severity, status *, (void *options, int severity))                                             \
    SLOT(23, set_optimization_level, status *, (void *options, int level))                                          \
    SLOT(24, set_intra_op_threads, status *, (void *options, int count))                                            \
    SLOT(25, set_inter_op_threads, status *, (void *options, int count))                                            \
    SLOT(30, input_count, status *, (const void *session, size_t *))                                                \
    SLOT(31, output_count, status *, (const void *session, size_t *))                                               \
    SLOT(33, input_type, status *, (const void *session, size_t index, void **type))                                \
    SLOT(34, output_type, status *, (const void *session, size_t index, void **type))                               \
    SLOT(36, input_name, status *, (const void *session, size_t index, void *allocator, char **name))               \
    SLOT(37, output_name, status *, (const void *session, size_t index, void *allocator, char **name))              \
    SLOT(48, create_tensor, status *, (void *allocator, const int64_t *shape, size_t rank, int type, void **value)) \
    SLOT(49, create_tensor_with_data, status *,                                                                     \
         (const void *memory, void *data, size_t bytes, const int64_t *shape, size_t rank, int type, void **value)) \
    SLOT(51, tensor_data, status *, (void *value, void **data))                                                     \
    SLOT(52, fill_string_tensor, status *, (void *value, const char *const *strings, size_t count))                 \
    SLOT(53, string_length, status *, (const void *value, size_t *bytes))                                           \
    SLOT(54, string_content, status *, (const void *value, void *bytes, size_t, size_t *offsets, size_t count))     \
    SLOT(55, tensor_info_of_type, status *, (const void *type, const void **info))                                  \
    SLOT(56, kind_of_type, status *, (const void *type, int *kind))                                                 \
    SLOT(60, element_type, status *, (const void *info, int *type))                                                 \
    SLOT(61, rank, status *, (const void *info, size_t *))                                                          \
    SLOT(62, dimensions, status *, (const void *info, int64_t *shape, size_t rank))                                 \
    SLOT(64, element_count, status *, (const void *info, size_t *))                                                 \
    SLOT(65, tensor_info_of_value, status *, (const void *value, void **info))                                      \
    SLOT(69, create_cpu_memory_info, status *, (int allocator, int memory, void **info))                            \
    SLOT(76, allocator_free, status *, (void *allocator, void *pointer))                                            \
    SLOT(78, default_allocator, status *, (void **allocator))                                                       \
    SLOT(92, release_env, void, (void *))                                                                           \
    SLOT(93, release_status, void, (status *))                                                                      \
    SLOT(94, release_memory_info, void, (void *))                                                                   \
    SLOT(95, release_session, void, (void *))                                                                       \
    SLOT(96, release_value, void, (void *))                                                                         \
    SLOT(98, release_type, void, (void *))                                                                          \
    SLOT(99, release_tensor_info, void, (void *))                                                                   \
    SLOT(100, release_session_options, void, (void *))                                                              \
    SLOT(125, available_providers, status *, (char ***names, int *count))                                           \
    SLOT(126, release_providers, status *, (char **names, int count))                                               \
    SLOT(130, add_session_setting, status *, (void *options, const char *key, const char *value))                   \
    SLOT(152, append_cuda, status *, (void *options, const void *cuda_options))

struct api_base {
    const slot *(*table)(uint32_t version);
    const char *(*version)(void);
};

/// What the library wants to know of a graphics card, in the form that has been the same since release 1.11.
struct cuda_options {
    int device;
    int convolution_search;
    size_t memory_limit;
    int arena_growth;
    int copies_in_default_stream;
    int has_stream;
    void *stream;
    void *arena_settings;
    int tuning[3];
};

struct onnx_library {
    const char *version;
    /// Whether this build of the library can compute on NVIDIA's graphics cards.
    bool has_cuda;
    void *env;
    void *allocator;
    void *memory;
#define SLOT(number, name, result, arguments) result(*name) arguments;
    API_SLOTS(SLOT)
#undef SLOT
};

struct onnx_session {
    const onnx_library *library;
    bool on_cuda;
    void *handle;
    size_t input_count, output_count;
    onnx_port *inputs, *outputs;
};

enum { LOG_FATAL_ONLY = 4, OPTIMIZE_ALL = 99, TYPE_TENSOR = 1, ARENA_ALLOCATOR = 1, DEFAULT_MEMORY = 0, FEW = 64 };

static char *text(const char *message) {
    char *copy = strdup(message ? message : "no further detail");
    // Only out of memory leads here; a failure must still read as one.
    return copy ? copy : (char *)calloc(1, 1);
}

static char *out_of_memory(void) { return text("out of memory"); }

/// Turns a status into a text of ours and frees it; NULL stays NULL.
static char *failure(const onnx_library *library, status *result) {
    if (!result) return NULL;
    char *message = text(library->get_error_message(result));
    library->release_status(result);
    return message;
}

// MARK: Library

bool onnx_library_is_loadable(const char *path) {
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!handle) return false;
    bool found = dlsym(handle, "OrtGetApiBase") != NULL;
    dlclose(handle);
    return found;
}

static bool has_provider(const onnx_library *library, const char *name) {
    char **names = NULL;
    int count = 0;
    status *error = library->available_providers(&names, &count);
    bool found = false;
    for (int i = 0; !error && i < count; i++) found = found || strcmp(names[i], name) == 0;
    if (!error) error = library->release_providers(names, count);
    if (error) library->release_status(error);
    return found;
}

char *onnx_library_open(const char *path, onnx_library **result) {
    *result = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) return text(dlerror());
    slot entry = (slot)dlsym(handle, "OrtGetApiBase");
    if (!entry) return text("the file is a shared library, but not ONNX Runtime (it has no OrtGetApiBase)");
    const struct api_base *base = ((const struct api_base *(*)(void))entry)();
    const slot *table = base ? base->table(API_VERSION) : NULL;
    if (!table) return text("the library is older than ONNX Runtime 1.11");

    onnx_library *library = calloc(1, sizeof *library);
    if (!library) return out_of_memory();
    library->version = base->version();
#define SLOT(number, name, result, arguments) library->name = (__typeof__(library->name))table[number];
    API_SLOTS(SLOT)
#undef SLOT

    status *error = library->create_env(LOG_FATAL_ONLY, "dhow", &library->env);
    if (!error) error = library->disable_telemetry(library->env);
    if (!error) error = library->default_allocator(&library->allocator);
    if (!error) error = library->create_cpu_memory_info(ARENA_ALLOCATOR, DEFAULT_MEMORY, &library->memory);
    if (error) {
        char *message = failure(library, error);
        onnx_library_close(library);
        return message;
    }
    library->has_cuda = has_provider(library, "CUDAExecutionProvider");
    *result = library;
    return NULL;
}

bool onnx_library_has_cuda(const onnx_library *library) { return library->has_cuda; }

const char *onnx_library_version(const onnx_library *library) { return library->version; }

void onnx_library_close(onnx_library *library) {
    if (!library) return;
    if (library->memory) library->release_memory_info(library->memory);
    if (library->env) library->release_env(library->env);
    free(library);
}

// MARK: Session

static void free_ports(onnx_port *ports, size_t count) {
    for (size_t i = 0; ports && i < count; i++) {
        free((void *)ports[i].name);
        free((void *)ports[i].shape);
    }
    free(ports);
}

/// Reads name, element type and shape of one input or output.
static char *read_port(const onnx_session *session, size_t index, bool is_input, onnx_port *port) {
    const onnx_library *library = session->library;
    char *name = NULL;
    status *error = (is_input ? library->input_name : library->output_name)(session->handle, index, library->allocator, &name);
    if (error) return failure(library, error);
    port->name = strdup(name);
    error = library->allocator_free(library->allocator, name);
    if (error) return failure(library, error);
    if (!port->name) return out_of_memory();

    void *type = NULL;
    error = (is_input ? library->input_type : library->output_type)(session->handle, index, &type);
    if (error) return failure(library, error);
    int kind = 0, element_type = 0;
    const void *info = NULL;  // belongs to `type`
    error = library->kind_of_type(type, &kind);
    port->is_tensor = kind == TYPE_TENSOR;
    if (!error && port->is_tensor) {
        error = library->tensor_info_of_type(type, &info);
        if (!error) error = library->element_type(info, &element_type);
        if (!error) error = library->rank(info, &port->rank);
        port->element_type = element_type;
        if (!error && port->rank > 0) {
            int64_t *shape = calloc(port->rank, sizeof *shape);
            port->shape = shape;
            if (shape) error = library->dimensions(info, shape, port->rank);
        }
    }
    library->release_type(type);
    if (error) return failure(library, error);
    return port->rank > 0 && !port->shape ? out_of_memory() : NULL;
}

static char *read_ports(onnx_session *session) {
    const onnx_library *library = session->library;
    status *error = library->input_count(session->handle, &session->input_count);
    if (!error) error = library->output_count(session->handle, &session->output_count);
    if (error) return failure(library, error);
    session->inputs = calloc(session->input_count + 1, sizeof(onnx_port));
    session->outputs = calloc(session->output_count + 1, sizeof(onnx_port));
    if (!session->inputs || !session->outputs) return out_of_memory();
    char *message = NULL;
    for (size_t i = 0; !message && i < session->input_count; i++) message = read_port(session, i, true, &session->inputs[i]);
    for (size_t i = 0; !message && i < session->output_count; i++) message = read_port(session, i, false, &session->outputs[i]);
    return message;
}

/// The first graphics card, when there is one: what the library cannot compute there, and all of it where no card or driver is, goes to the
/// processor as before.
static bool use_cuda(const onnx_library *library, void *options) {
    if (!library->has_cuda) return false;
    const struct cuda_options cuda = {.memory_limit = SIZE_MAX, .copies_in_default_stream = 1};
    status *error = library->append_cuda(options, &cuda);
    if (error) library->release_status(error);
    return !error;
}

char *onnx_session_create(const onnx_library *library, const void *model, size_t length, onnx_session **result) {
    *result = NULL;
    void *options = NULL;
    status *error = library->create_session_options(&options);
    if (error) return failure(library, error);
    error = library->set_intra_op_threads(options, 1);
    if (!error) error = library->set_inter_op_threads(options, 1);
    if (!error) error = library->set_log_severity(options, LOG_FATAL_ONLY);
    if (!error) error = library->set_optimization_level(options, OPTIMIZE_ALL);
    // An arena and per-shape plans would keep the memory of the largest batch ever seen and grow with each batch size.
    if (!error) error = library->disable_memory_pattern(options);
    if (!error) error = library->disable_memory_arena(options);
    // A model given as bytes may still name files for its weights, by default relative to the current folder. Nothing lies
    // beneath a device, so every such name is refused.
    if (!error) error = library->add_session_setting(options, "session.model_external_initializers_file_folder_path", "/dev/null/none");

    const bool on_cuda = !error && use_cuda(library, options);

    onnx_session *session = error ? NULL : calloc(1, sizeof *session);
    if (session) {
        session->library = library;
        session->on_cuda = on_cuda;
        error = library->create_session_from_array(library->env, model, length, options, &session->handle);
    }
    library->release_session_options(options);
    char *message = error ? failure(library, error) : session ? read_ports(session) : out_of_memory();
    if (message) {
        onnx_session_close(session);
        return message;
    }
    *result = session;
    return NULL;
}

void onnx_session_close(onnx_session *session) {
    if (!session) return;
    free_ports(session->inputs, session->input_count);
    free_ports(session->outputs, session->output_count);
    if (session->handle) session->library->release_session(session->handle);
    free(session);
}

bool onnx_session_is_on_cuda(const onnx_session *session) { return session->on_cuda; }
size_t onnx_session_input_count(const onnx_session *session) { return session->input_count; }
size_t onnx_session_output_count(const onnx_session *session) { return session->output_count; }
const onnx_port *onnx_session_input(const onnx_session *session, size_t index) { return &session->inputs[index]; }
const onnx_port *onnx_session_output(const onnx_session *session, size_t index) { return &session->outputs[index]; }

// MARK: Run

static status *make_value(const onnx_library *library, const onnx_input *input, void **value) {
    const int64_t *shape = (const int64_t *)input->shape;
    if (input->element_type != ONNX_STRING) {
        // The library takes a mutable pointer but does not write to a graph's inputs.
        return library->create_tensor_with_data(
            library->memory, (void *)input->data, input->byte_count, shape, input->rank, input->element_type, value);
    }
    status *error = library->create_tensor(library->allocator, shape, input->rank, ONNX_STRING, value);
    return error ? error : library->fill_string_tensor(*value, (const char *const *)input->data, input->count);
}

static char *describe_output(const onnx_library *library, onnx_output *output) {
    void *info = NULL;
    int type = 0;
    status *error = library->tensor_info_of_value(output->value, &info);
    if (error) return failure(library, error);
    error = library->element_type(info, &type);
    if (!error) error = library->rank(info, &output->rank);
    if (!error) error = library->element_count(info, &output->count);
    bool fits = output->rank <= ONNX_MAXIMUM_RANK;
    if (!error && fits) error = library->dimensions(info, output->shape, output->rank);
    library->release_tensor_info(info);
    output->element_type = type;
    void *data = NULL;
    if (!error && type != ONNX_STRING) error = library->tensor_data(output->value, &data);
    output->data = data;
    if (error) return failure(library, error);
    return fits ? NULL : text("an output has more dimensions than are supported");
}

void onnx_outputs_release(const onnx_session *session, onnx_output *outputs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (outputs[i].value) session->library->release_value(outputs[i].value);
        outputs[i].value = NULL;
        outputs[i].data = NULL;
    }
}

char *onnx_run(const onnx_session *session, const onnx_input *inputs, size_t input_count, onnx_output *outputs, size_t output_count) {
    const onnx_library *library = session->library;
    const size_t total = input_count + output_count;
    void *few_values[FEW];
    const char *few_names[FEW];
    void **values = total <= FEW ? few_values : malloc(total * sizeof *values);
    const char **names = total <= FEW ? few_names : malloc(total * sizeof *names);
    char *message = values && names ? NULL : out_of_memory();
    for (size_t i = 0; i < output_count; i++) outputs[i].value = NULL;

    if (!message) {
        memset(values, 0, total * sizeof *values);
        for (size_t i = 0; i < output_count; i++) names[input_count + i] = session->outputs[outputs[i].port].name;
        status *error = NULL;
        for (size_t i = 0; !error && i < input_count; i++) {
            names[i] = session->inputs[inputs[i].port].name;
            error = make_value(library, &inputs[i], &values[i]);
        }
        if (!error) {
            error = library->run(
                session->handle, NULL, names, (const void *const *)values, input_count, names + input_count, output_count,
                values + input_count);
        }
        for (size_t i = 0; i < input_count; i++) {
            if (values[i]) library->release_value(values[i]);
        }
        for (size_t i = 0; i < output_count; i++) outputs[i].value = values[input_count + i];
        message = failure(library, error);
    }
    for (size_t i = 0; !message && i < output_count; i++) message = describe_output(library, &outputs[i]);
    if (message) onnx_outputs_release(session, outputs, output_count);
    if (values != few_values) free(values);
    if (names != few_names) free(names);
    return message;
}

char *onnx_output_strings_length(const onnx_session *session, const onnx_output *output, size_t *length) {
    return failure(session->library, session->library->string_length(output->value, length));
}

char *onnx_output_strings_copy(
    const onnx_session *session, const onnx_output *output, char *bytes, size_t length, size_t *offsets, size_t count) {
    return failure(session->library, session->library->string_content(output->value, bytes, length, offsets, count));
}

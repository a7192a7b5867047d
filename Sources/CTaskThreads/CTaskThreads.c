// SPDX-License-Identifier: Apache-2.0

#include "CTaskThreads.h"

#include <stddef.h>

// Swift/ABI: `void swift_task_enqueueGlobal_hook(Job *job, swift_task_enqueueGlobal_original original)`, a pointer that is null at first.
// Named here it is found by the linker also where the runtime is linked in, which hides its symbols from dlsym.
// Weak, so that a runtime without it still starts.
extern void *_Atomic swift_task_enqueueGlobal_hook __attribute__((weak));

static void (*enqueue_job)(void *job);

__attribute__((swiftcall)) static void hand_over(void *job, void *original) {
    (void)original;
    enqueue_job(job);
}

bool dhow_hand_tasks_to(void (*enqueue)(void *job)) {
    if (&swift_task_enqueueGlobal_hook == NULL) return false;
    enqueue_job = enqueue;
    void *nobody = NULL;
    return __atomic_compare_exchange_n((void **)&swift_task_enqueueGlobal_hook, &nobody, (void *)hand_over, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

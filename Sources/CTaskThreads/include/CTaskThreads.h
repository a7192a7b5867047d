// SPDX-License-Identifier: Apache-2.0

#pragma once
#include <stdbool.h>

/// Has Swift's runtime hand every task that belongs to no actor or executor of its own to `enqueue`, which must run it once, on any thread.
///
/// To be called once, before there are tasks. Returns false, and changes nothing, where the runtime has no such hook or somebody has taken it.
bool dhow_hand_tasks_to(void (*_Nonnull enqueue)(void *_Nonnull job));

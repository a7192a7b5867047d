// SPDX-License-Identifier: Apache-2.0
// The include folder comes from pkg-config (libpq).
#include <libpq-fe.h>

// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE

#include "CStepSupervisor.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
    pid_t number, parent;
    /// Below this process: 1 for children, 2 for theirs. 0 not known yet, -1 spared.
    int depth;
};

static int parent_of(const char *number, pid_t *parent) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%s/stat", number);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    // The second field, the name, may hold anything; the third begins behind the last ')'.
    char *end = strrchr(text, ')');
    return end && sscanf(end + 1, " %*c %d", parent) == 1;
}

static struct process *all_processes(int *count) {
    struct process *found = NULL;
    int room = 0;
    *count = 0;
    DIR *folder = opendir("/proc");
    if (!folder) return NULL;
    for (struct dirent *entry; (entry = readdir(folder));) {
        pid_t parent;
        if (!isdigit((unsigned char)entry->d_name[0]) || !parent_of(entry->d_name, &parent)) continue;
        if (*count == room) {
            room = room ? room * 2 : 256;
            struct process *larger = realloc(found, (size_t)room * sizeof *found);
            if (!larger) break;
            found = larger;
        }
        found[(*count)++] = (struct process){(pid_t)atoi(entry->d_name), parent, 0};
    }
    closedir(folder);
    return found;
}

static int compare(const void *left, const void *right) {
    pid_t a = ((const struct process *)left)->number, b = ((const struct process *)right)->number;
    return a < b ? -1 : a > b;
}

int step_signal_descendants(int signal, int depth, const pid_t *spared, int count) {
    int total, sent = 0;
    struct process *processes = all_processes(&total);
    if (!processes) return 0;
    qsort(processes, (size_t)total, sizeof *processes, compare);
    pid_t self = getpid();
    // Parents are mostly numbered lower, so a pass or two is enough.
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < total; i++) {
            struct process *process = &processes[i];
            if (process->depth != 0) continue;
            if (process->parent == self) {
                process->depth = 1;
                for (int j = 0; j < count; j++) {
                    if (spared[j] == process->number) process->depth = -1;
                }
                changed = 1;
                continue;
            }
            struct process key = {process->parent, 0, 0};
            struct process *parent = bsearch(&key, processes, (size_t)total, sizeof *processes, compare);
            if (!parent || parent->depth == 0) continue;
            process->depth = parent->depth < 0 ? -1 : parent->depth + 1;
            changed = 1;
        }
    }
    for (int i = 0; i < total; i++) {
        if (processes[i].depth >= depth && processes[i].depth > 0 && kill(processes[i].number, signal) == 0) sent++;
    }
    free(processes);
    return sent;
}

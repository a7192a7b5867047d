// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Bounds how many statements a connection keeps prepared: the first so many distinct texts, which are those of everyday use.
final class StatementAdmission: Sendable {
    private let limit: Int
    private let admitted = Mutex<Set<String>>([])

    init(limit: Int) {
        self.limit = limit
    }

    func admits(_ sql: String) -> Bool {
        admitted.withLock { admitted in
            if admitted.contains(sql) { return true }
            guard admitted.count < limit else { return false }
            admitted.insert(sql)
            return true
        }
    }
}

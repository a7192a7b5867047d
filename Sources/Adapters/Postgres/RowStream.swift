// SPDX-License-Identifier: Apache-2.0

import Backends
import CPostgres

/// The rows of one statement as they come from the server, one at a time.
final class RowStream {
    private let next: () -> OpaquePointer?
    private let check: (OpaquePointer) throws -> Void
    private var columns: [ResultColumn]?
    private var names: [String] = []
    private var kept: [Row] = []
    /// Index of the first kept row not yet given out.
    private var head = 0
    private var isFinished = false

    /// - Parameter next: The next result of the session, nil after the last.
    /// - Parameter check: Throws when the result is a failure.
    init(next: @escaping () -> OpaquePointer?, check: @escaping (OpaquePointer) throws -> Void) {
        self.next = next
        self.check = check
    }

    func nextRow() throws -> Row? {
        if head < kept.count {
            defer { head += 1 }
            return kept[head]
        }
        return try received()
    }

    /// Takes the rows still to come into memory, because the session is needed for another statement.
    func keepRest() throws {
        while let row = try received() { kept.append(row) }
    }

    /// Reads past the rows still to come, so that the session can be used again.
    ///
    /// - Throws: When the statement fails on the way.
    func discardRest() throws {
        var failure: (any Error)?
        while !isFinished, let result = next() {
            defer { PQclear(result) }
            do { try check(result) } catch { failure = failure ?? error }
        }
        isFinished = true
        if let failure { throw failure }
    }

    private func received() throws -> Row? {
        while !isFinished {
            guard let result = next() else {
                isFinished = true
                return nil
            }
            defer { PQclear(result) }
            try check(result)
            // The last result of a statement has no row.
            if PQntuples(result) > 0 { return try row(result) }
        }
        return nil
    }

    private func row(_ result: OpaquePointer) throws -> Row {
        let columns = try columns ?? ResultColumn.columns(of: result)
        if self.columns == nil {
            self.columns = columns
            names = columns.map(\.name)
        }
        return Row(columns: names, values: columns.map { $0.value(in: result) })
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// Threads that hold one connection each and take what waits in line; started when first needed, up to a limit.
///
/// SQLite blocks, so its work stays off Swift's cooperative threads. Going to one of these threads and back are the only switches of
/// a read or write; queues of Dispatch would add some of their own.
///
/// Unchecked: what changes is touched only while `condition` is held.
final class ConnectionThreads: @unchecked Sendable {
    typealias Work = @Sendable (Result<GRDB.Database, any Error>) -> Void

    private let name: String
    private let limit: Int
    private let open: @Sendable () throws -> DatabaseQueue
    /// Guards all that follows.
    private let condition = NSCondition()
    private var line: [Work] = []
    private var head = 0
    private var threads = 0
    private var idle = 0
    private var isClosed = false
    private var closing: [CheckedContinuation<Void, Never>] = []

    init(_ name: String, limit: Int, open: @escaping @Sendable () throws -> DatabaseQueue) {
        self.name = name
        self.limit = limit
        self.open = open
    }

    /// Runs `work` on one of the threads, in the order of submission; it is told when no connection could be opened.
    func submit(_ work: @escaping Work) {
        condition.lock()
        defer { condition.unlock() }
        line.append(work)
        if line.count - head > idle, threads < limit {
            threads += 1
            let thread = Thread { self.serve() }
            thread.name = name
            thread.start()
        } else {
            condition.signal()
        }
    }

    /// Returns when all that was submitted is done and every connection is closed.
    func close() async {
        await withCheckedContinuation { continuation in
            condition.lock()
            defer { condition.unlock() }
            isClosed = true
            if threads == 0 {
                continuation.resume()
            } else {
                closing.append(continuation)
                condition.broadcast()
            }
        }
    }

    private func serve() {
        do {
            let queue = try open()
            // The thread stays inside, so that a piece of work costs no entry of its own.
            queue.unsafeReentrantWrite { database in
                while let work = next() { work(.success(database)) }
            }
            try? queue.close()
        } catch {
            refuse(with: error)
        }
        leave()
    }

    /// Waits for work; nil when there will be none.
    private func next() -> Work? {
        condition.lock()
        defer { condition.unlock() }
        idle += 1
        defer { idle -= 1 }
        while head == line.count {
            if isClosed { return nil }
            condition.wait()
        }
        return take()
    }

    private func take() -> Work {
        let work = line[head]
        head += 1
        if head == line.count || head >= 1024 {
            line.removeFirst(head)
            head = 0
        }
        return work
    }

    private func refuse(with error: any Error) {
        condition.lock()
        let refused = Array(line[head...])
        line = []
        head = 0
        condition.unlock()
        for work in refused { work(.failure(error)) }
    }

    private func leave() {
        condition.lock()
        threads -= 1
        let finished = threads == 0 && isClosed ? closing : []
        if threads == 0, isClosed { closing = [] }
        condition.unlock()
        for continuation in finished { continuation.resume() }
    }
}

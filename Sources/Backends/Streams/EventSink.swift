// SPDX-License-Identifier: Apache-2.0

/// Events out. Implementations: Redis Streams, Kafka.
package protocol EventSink: Sendable {
    /// Hands the events over in order; returns when the other side has taken all of them.
    ///
    /// After an error some may have been taken: sending them again is up to the caller, and dropping repeats by the event's id to the
    /// receiver. Those of one key arrive in order.
    /// - Throws: `Problem` `.unavailable` when the other side is away, `.invalid` when it refuses an event for good.
    func send(_ events: [SinkEvent]) async throws

    func close() async
}

/// One event as it goes out.
package struct SinkEvent: Sendable, Equatable {
    /// Events of one key keep their order.
    package var key: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(key: String, headers: [(name: String, value: String)], body: [UInt8]) {
        self.key = key
        self.headers = headers
        self.body = body
    }

    package static func == (left: SinkEvent, right: SinkEvent) -> Bool {
        left.key == right.key && left.body == right.body
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

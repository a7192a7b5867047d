// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Appends to one stream. The events of a call are one transaction of Redis: all of them are there in order, or none is.
struct RedisSink: EventSink {
    let place: BrokerPlace
    let connector: RedisConnector

    func send(_ events: [SinkEvent]) async throws {
        guard !events.isEmpty else { return }
        var commands: [[[UInt8]]] = [[Array("MULTI".utf8)]]
        var head = ["XADD", place.name]
        if let length = place.maximumLength { head += ["MAXLEN", "~", String(length)] }
        head.append("*")
        for event in events {
            var command = head.map { Array($0.utf8) }
            for (name, value) in event.headers { command += [Array(name.utf8), Array(value.utf8)] }
            commands.append(command + [Array("data".utf8), event.body])
        }
        commands.append([Array("EXEC".utf8)])
        let ready = commands
        try await connector.use { connection in
            let answers = try await connection.call(ready)
            guard case .array(let added)? = answers.last, added.count == events.count else {
                throw RedisConnection.gone("It did not take all events.")
            }
            if case .error(let text)? = added.first(where: { if case .error = $0 { true } else { false } }) {
                throw RedisConnection.refused(text)
            }
        }
    }

    func close() async {
        await connector.close()
    }
}

// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Pipelines
import Streaming

/// Reads a CloudEvent 1.0 of a request for triggers: structured, all of it in a JSON body, or binary, its attributes in `ce-` headers and
/// its data in the body.
struct CloudEventRequest {
    private let clock: any WallClock

    init(clock: any WallClock) {
        self.clock = clock
    }

    /// - Throws: `Problem` `.invalid` for what is no event of version 1.0, and for batches.
    func event(of request: Request, _ context: APIContext) async throws -> TriggerEvent {
        let body = try await RequestBody.bytes(of: request, context)
        let event: CloudEvent
        do {
            event = try CloudEventRecords.event(headers: request.headers, body: Array(body.readableBytesView))
        } catch {
            throw Problem(
                .invalid, "pipelines.event.malformed", "The request holds no CloudEvent that can be taken.", why: error.why, fix: error.fix)
        }
        let data: JSONValue =
            switch event.content {
            case .none: .null
            case .json(let value): value
            case .bytes(let bytes): .string(String(validating: bytes, as: UTF8.self) ?? Data(bytes).base64EncodedString())
            }
        return try TriggerEvent(
            source: event.source, id: event.id, type: event.type, subject: event.subject, time: event.time ?? clock.now(), data: data,
            extensions: event.extensions)
    }
}

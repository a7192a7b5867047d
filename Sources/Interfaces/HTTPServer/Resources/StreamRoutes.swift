// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import Governance
import Hummingbird
import NIOCore
package import Streaming

/// Streams, records sent to them, and what they could not take.
package struct StreamRoutes: RouteGroup {
    /// 16 MiB.
    private static let largestBatch = 16 << 20

    private let streams: Streams

    package init(streams: Streams) {
        self.streams = streams
    }

    package var routes: [Route] {
        let one = "/api/v1/streams/{stream}"
        return [
            Route(.get, "/api/v1/streams", .permission(.streamRead), handler: list),
            Route(.post, "/api/v1/streams", .permission(.streamManage), handler: apply),
            Route(.get, one, .permission(.streamRead), handler: show),
            Route(.delete, one, .permission(.streamManage), handler: delete),
            Route(.post, one + "/pause", .permission(.streamManage), handler: pause),
            Route(.post, one + "/resume", .permission(.streamManage), handler: resume),
            Route(.post, one + "/events", .permission(.streamSend), bodyLimit: Self.largestBatch, handler: receive),
            Route(.get, one + "/letters", .permission(.streamRead), handler: listLetters),
            Route(.post, one + "/letters/{letter}/retry", .permission(.streamManage), handler: retry),
            Route(.delete, one + "/letters/{letter}", .permission(.streamManage), handler: discard),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let page = try await streams.list(after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(
            Page(
                items: try page.map { try StreamAnswer($0.stream, $0.progress) },
                next: page.count == query.limit ? page.last?.stream.name : nil))
    }

    private func apply(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(StreamSpecification.self, of: request, &context)
        return try Answer.json(
            try StreamAnswer(try await streams.apply(body, by: context.caller), StreamProgress()), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let found = try await streams.show(try context.parameter("stream"), by: context.caller)
        var answer = try StreamAnswer(found.stream, found.progress)
        answer.letters = found.letters
        answer.positions = found.positions.map {
            StreamPositionAnswer(part: $0.part, position: $0.position, moved: $0.moved.milliseconds)
        }
        return try Answer.json(answer)
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        try await streams.delete(try context.parameter("stream"), by: context.caller)
        return try Answer.json(EmptyAnswer())
    }

    private func pause(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.parameter("stream")
        _ = try await streams.pause(name, by: context.caller)
        return try await show(request, context)
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.parameter("stream")
        _ = try await streams.resume(name, by: context.caller)
        return try await show(request, context)
    }

    /// 202: events are taken or are dead letters, and the answer says which.
    private func receive(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = Array(try await RequestBody.bytes(of: request, context).readableBytesView)
        let records = try CloudEventRecords.records(headers: request.headers, body: body)
        let receipt = try await streams.receive(records, for: try context.parameter("stream"), by: context.caller)
        return try Answer.json(StreamReceiptAnswer(receipt), status: .accepted)
    }

    private func listLetters(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let letters = try await streams.letters(
            of: try context.parameter("stream"), before: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(letters, id: \.id, DeadLetterAnswer.init))
    }

    private func retry(_ request: Request, _ context: APIContext) async throws -> Response {
        let receipt = try await streams.retry(
            try context.parameter("letter"), of: try context.parameter("stream"), by: context.caller)
        return try Answer.json(StreamReceiptAnswer(receipt))
    }

    private func discard(_ request: Request, _ context: APIContext) async throws -> Response {
        try await streams.discard(try context.parameter("letter"), of: try context.parameter("stream"), by: context.caller)
        return try Answer.json(EmptyAnswer())
    }
}

extension StreamAnswer {
    init(_ stream: EventStream, _ progress: StreamProgress) throws {
        self.init(
            name: stream.name, direction: stream.specification.direction.rawValue, records: stream.specification.records?.rawValue,
            place: stream.specification.place.text, specification: try CanonicalSpec.encode(stream.specification),
            generation: stream.generation, author: stream.author, created: stream.created.milliseconds, paused: stream.paused?.milliseconds,
            taken: progress.taken, repeated: progress.repeated, refused: progress.refused, lastTaken: progress.lastTaken?.milliseconds,
            error: progress.error, failed: progress.failed?.milliseconds)
    }
}

extension StreamReceiptAnswer {
    init(_ receipt: IntakeReceipt) {
        self.init(
            taken: receipt.taken, repeated: receipt.repeated,
            refused: receipt.refused.map { Refusal(place: $0.place, code: $0.code, problem: $0.problem) })
    }
}

extension DeadLetterAnswer {
    init(_ letter: DeadLetter) {
        self.init(
            id: letter.id, place: letter.place, code: letter.code, problem: letter.problem, headers: letter.headers,
            body: String(decoding: letter.body, as: UTF8.self), size: letter.size, created: letter.created.milliseconds)
    }
}

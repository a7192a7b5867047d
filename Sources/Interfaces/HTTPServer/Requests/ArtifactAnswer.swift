// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore

/// A stored file as a response, streamed; never shown in a browser as a page of ours.
package enum ArtifactAnswer {
    /// Answers with all of the file, or the part asked for, or that the caller's copy is still good.
    ///
    /// One range is given; what is no range, or several, gets the whole file, as RFC 9110 allows. A file's ETag is its digest.
    package static func response(
        to request: Request, with file: ArtifactFile, problems: ProblemForm = .details, _ context: APIContext
    ) async throws -> Response {
        let tag = "\"\(file.digest.hexadecimal)\""
        var headers: HTTPFields = [
            .contentType: file.type ?? MediaType.ofFile(named: file.name), .xContentTypeOptions: "nosniff", .acceptRanges: "bytes",
            .eTag: tag, .contentDisposition: disposition(file.name), .contentSecurityPolicy: "sandbox; default-src 'none'",
        ]
        if let known = request.headers[.ifNoneMatch], matches(known, tag) { return Response(status: .notModified, headers: headers) }
        let isCurrent = request.headers[.ifRange].map { $0 == tag } ?? true
        let range = isCurrent ? request.headers[.range].flatMap { ByteRange($0) } : nil
        guard let range else { return try await whole(of: file, headers, request, context) }
        guard let bounds = range.bounds(of: file.size) else { return unsatisfiable(file.size, problems, context) }
        headers[.contentRange] = "bytes \(bounds.lowerBound)-\(bounds.upperBound - 1)/\(file.size)"
        let length = bounds.upperBound - bounds.lowerBound
        if request.method == .head { return bare(.partialContent, headers, length: length) }
        let content = try await file.open(bounds)
        return Response(status: .partialContent, headers: headers, body: Answer.stream(content.bytes, length: length, context))
    }

    private static func whole(
        of file: ArtifactFile, _ headers: HTTPFields, _ request: Request, _ context: APIContext
    ) async throws -> Response {
        if request.method == .head { return bare(.ok, headers, length: file.size) }
        let content = try await file.open(nil)
        return Response(status: .ok, headers: headers, body: Answer.stream(content.bytes, length: file.size, context))
    }

    private static func bare(_ status: HTTPResponse.Status, _ headers: HTTPFields, length: Int64) -> Response {
        var headers = headers
        headers[.contentLength] = String(length)
        return Response(status: status, headers: headers)
    }

    private static func unsatisfiable(_ size: Int64, _ form: ProblemForm, _ context: APIContext) -> Response {
        let problem = Problem(
            .invalid, "request.range.unusable", "Nothing of the file is in the range asked for.", why: "It has \(size) bytes.",
            fix: "Ask for bytes=FIRST-LAST within them.")
        var response = ProblemMapping(form: form).response(to: problem, logger: context.logger)
        response.status = .rangeNotSatisfiable
        response.headers[.contentRange] = "bytes */\(size)"
        return response
    }

    /// `If-None-Match` compares weakly: a tag of ours with or without `W/`, or `*`.
    private static func matches(_ known: String, _ tag: String) -> Bool {
        known.split(separator: ",").contains { part in
            let text = part.trimmingCharacters(in: .whitespaces)
            return text == "*" || text == tag || text == "W/" + tag
        }
    }

    /// RFC 6266, with the name in RFC 8187's encoding so that no character of it ends the header.
    private static func disposition(_ name: String) -> String {
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")
        let encoded = name.addingPercentEncoding(withAllowedCharacters: plain) ?? "artifact"
        return "attachment; filename*=UTF-8''\(encoded)"
    }
}

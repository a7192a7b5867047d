// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Reads answers as their bytes come, each byte once. All lengths are bounded: values beyond theirs are read past, so that one entry of
/// somebody else's does not end the connection.
struct RedisParser {
    enum Fault: Error, Equatable { case malformed(String) }

    /// Of one value.
    static let largestValue = 1 << 20
    /// Of all values of one answer.
    static let largestAnswer = 64 << 20
    private static let longestLine = 64 << 10
    private static let mostElements = 1 << 20
    private static let deepest = 8

    private struct Frame {
        var missing: Int
        var elements: [RedisValue] = []
    }

    private struct Bulk {
        let size: Int
        /// With the line end that follows the bytes.
        var missing: Int
        let isKept: Bool
        var bytes: [UInt8] = []
    }

    private var frames: [Frame] = []
    private var bulk: Bulk?
    private var kept = 0
    private var elements = 0

    /// - Returns: The next whole answer; nil when more bytes are needed.
    mutating func next(_ buffer: inout ByteBuffer) throws(Fault) -> RedisValue? {
        while true {
            let value: RedisValue?
            if bulk != nil {
                guard readBulk(&buffer) else { return nil }
                value = endBulk()
            } else {
                guard let line = try readLine(&buffer) else { return nil }
                value = try begin(line)
            }
            if let value, let whole = place(value) {
                (kept, elements) = (0, 0)
                return whole
            }
        }
    }

    /// - Returns: The value, when the line is all of it.
    private mutating func begin(_ line: [UInt8]) throws(Fault) -> RedisValue? {
        guard let kind = line.first else { throw .malformed("An empty line.") }
        let rest = String(decoding: line.dropFirst(), as: UTF8.self)
        switch kind {
        case UInt8(ascii: "+"): return .simple(rest)
        case UInt8(ascii: "-"): return .error(rest)
        case UInt8(ascii: ":"):
            guard let number = Int64(rest) else { throw .malformed("A number that is none.") }
            return .integer(number)
        case UInt8(ascii: "$"):
            guard let size = Int(rest), size >= -1, size <= 1 << 40 else { throw .malformed("A length that is none.") }
            if size == -1 { return .null }
            let isKept = size <= Self.largestValue && kept + size <= Self.largestAnswer
            if isKept { kept += size }
            bulk = Bulk(size: size, missing: size + 2, isKept: isKept)
            return nil
        case UInt8(ascii: "*"):
            guard let count = Int(rest), count >= -1 else { throw .malformed("A count that is none.") }
            if count == -1 { return .null }
            elements += count
            guard count <= Self.mostElements, elements <= Self.mostElements, frames.count < Self.deepest else {
                throw .malformed("More values than are taken.")
            }
            if count == 0 { return .array([]) }
            frames.append(Frame(missing: count))
            return nil
        default: throw .malformed("An answer of an unknown kind.")
        }
    }

    private func readLine(_ buffer: inout ByteBuffer) throws(Fault) -> [UInt8]? {
        let view = buffer.readableBytesView
        guard let end = view.firstIndex(of: 10) else {
            guard view.count <= Self.longestLine else { throw .malformed("A line without an end.") }
            return nil
        }
        let length = end - view.startIndex
        guard length >= 1, length <= Self.longestLine, view[end - 1] == 13, let line = buffer.readBytes(length: length + 1) else {
            throw .malformed("A line that does not end as lines do.")
        }
        return Array(line.dropLast(2))
    }

    /// - Returns: Whether all of it is read.
    private mutating func readBulk(_ buffer: inout ByteBuffer) -> Bool {
        guard var current = bulk else { return true }
        let count = min(current.missing, buffer.readableBytes)
        if current.isKept {
            let wanted = min(count, current.size - current.bytes.count)
            if let bytes = buffer.readBytes(length: wanted) { current.bytes.append(contentsOf: bytes) }
            buffer.moveReaderIndex(forwardBy: count - wanted)
        } else {
            buffer.moveReaderIndex(forwardBy: count)
        }
        current.missing -= count
        bulk = current
        return current.missing == 0
    }

    private mutating func endBulk() -> RedisValue? {
        defer { bulk = nil }
        return bulk.map { $0.isKept ? .bulk($0.bytes) : .oversized($0.size) }
    }

    /// Puts the value where it belongs.
    ///
    /// - Returns: The whole answer that it ends.
    private mutating func place(_ value: RedisValue) -> RedisValue? {
        var value = value
        while var frame = frames.popLast() {
            frame.elements.append(value)
            frame.missing -= 1
            guard frame.missing == 0 else {
                frames.append(frame)
                return nil
            }
            value = .array(frame.elements)
        }
        return value
    }
}

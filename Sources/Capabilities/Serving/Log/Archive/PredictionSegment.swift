// SPDX-License-Identifier: Apache-2.0

import Backends
import Compression
package import Domain

/// Predictions outside the database: lines of JSON in one gzip file, in order of time and id.
enum PredictionSegment {
    /// Rows of one file: few enough that looking for one of them is quick.
    static let maximumRows = 10_000
    private static let compressionLevel: Int32 = 6
    private static let maximumBytes = 2 << 30

    static func encode(_ predictions: [Prediction]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for prediction in predictions {
            bytes.append(contentsOf: prediction.line().jsonText.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        return try ZlibFormat.gzip.compress(bytes, level: compressionLevel)
    }

    static func decode(_ bytes: [UInt8], named digest: BlobDigest) throws -> [Prediction] {
        try expand(bytes, named: digest).split(separator: UInt8(ascii: "\n")).map { try prediction(in: $0, of: digest) }
    }

    /// Looks before it reads: only the line with the id is taken apart.
    static func find(_ id: String, in bytes: [UInt8], named digest: BlobDigest) throws -> Prediction? {
        let wanted = Array("\"id\":\(JSONValue.string(id).jsonText)".utf8)
        let lines = try expand(bytes, named: digest).split(separator: UInt8(ascii: "\n"))
        for line in lines where line.firstRange(of: wanted) != nil {
            let prediction = try prediction(in: line, of: digest)
            if prediction.id == id { return prediction }
        }
        return nil
    }

    private static func expand(_ bytes: [UInt8], named digest: BlobDigest) throws -> [UInt8] {
        do { return try ZlibFormat.gzip.expand(bytes, limit: maximumBytes) } catch { throw unreadable(digest, "\(error)") }
    }

    private static func prediction(in line: ArraySlice<UInt8>, of digest: BlobDigest) throws -> Prediction {
        guard let prediction = Prediction(line: try line.withUnsafeBufferPointer { try JSONReader.value(in: $0) }) else {
            throw unreadable(digest, "A line is no prediction.")
        }
        return prediction
    }

    private static func unreadable(_ digest: BlobDigest, _ why: String) -> Problem {
        Problem(.internal, "serving.segment.unreadable", "A file of archived predictions cannot be read.", why: "\(digest): \(why)")
    }
}

extension Prediction {
    /// As the API shows it, with times in milliseconds.
    package func line(label: Double? = nil) -> JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(id), "endpoint": .string(endpoint), "time": .integer(time.milliseconds), "revision": .integer(Int64(revision)),
            "candidatePercent": .integer(Int64(candidatePercent)), "inputs": .object(inputs), "logged": .integer(logged.milliseconds),
        ]
        members["candidate"] = candidate.map { .integer(Int64($0)) }
        members["score"] = score.map { .number($0) }
        members["microseconds"] = microseconds.map { .integer($0) }
        members["requestRows"] = requestRows.map { .integer(Int64($0)) }
        members["outputs"] = outputs.map { .object($0) }
        members["label"] = label.map { .number($0) }
        return .object(members)
    }

    init?(line: JSONValue) {
        guard let id = line["id"]?.text, let endpoint = line["endpoint"]?.text, let time = line["time"]?.integer,
            let revision = line["revision"]?.integer, let percent = line["candidatePercent"]?.integer,
            case .object(let inputs)? = line["inputs"], let logged = line["logged"]?.integer
        else { return nil }
        var outputs: [String: JSONValue]?
        if case .object(let members)? = line["outputs"] { outputs = members }
        self.init(
            id: id, endpoint: endpoint, time: Timestamp(milliseconds: time), revision: Int(revision),
            candidate: line["candidate"]?.integer.map { Int($0) }, candidatePercent: Int(percent), inputs: inputs,
            score: line["score"]?.double, logged: Timestamp(milliseconds: logged),
            microseconds: line["microseconds"]?.integer, requestRows: line["requestRows"]?.integer.map { Int($0) },
            outputs: outputs)
    }
}

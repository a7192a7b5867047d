// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One kind of work, the same requests for every contender; each checks what it brought about.
struct Scenario: Sendable {
    var name: String
    /// What a request is, for the report.
    var unit = "request"
    /// Runs once per contender before the first round.
    var prepare: @Sendable (Contender) throws -> Void = { _ in }
    var run: @Sendable (_ contender: Contender, _ round: Int) throws -> LoadResult
}

/// How much of everything.
struct Scale {
    var seconds = 3.0
    var runs = 10_000
    var history = 100_000
    var versions = 50_000
    var artifactMebibytes = 1024
}

/// What the answers of the protocol hold; a scenario fails with the answer when it is not that.
enum Check {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    static func object(_ answer: HTTPConnection.Answer) throws -> [String: Any] {
        guard answer.status == 200, let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] else {
            throw Failed(description: "\(answer.status) \(answer.text.prefix(400))")
        }
        return object
    }

    static func status(_ answer: HTTPConnection.Answer) throws {
        guard answer.status == 200 else { throw Failed(description: "\(answer.status) \(answer.text.prefix(400))") }
    }

    static func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        guard condition else { throw Failed(description: what()) }
    }
}

/// The calls that several scenarios make.
extension HTTPConnection {
    static let api = "/api/2.0/mlflow/"

    func call(_ path: String, _ body: [String: Any]) throws -> [String: Any] {
        let data = try JSONSerialization.data(withJSONObject: body)
        return try Check.object(try send("POST", Self.api + path, body: Array(data), type: "application/json"))
    }

    func newExperiment() throws -> String {
        let made = try call("experiments/create", ["name": "bench \(UUID().uuidString)"])
        guard let id = made["experiment_id"] as? String else { throw Check.Failed(description: "\(made)") }
        return id
    }

    func newRun(in experiment: String) throws -> String {
        let made = try call("runs/create", ["experiment_id": experiment, "start_time": 1_700_000_000_000, "run_name": "run"])
        guard let info = (made["run"] as? [String: Any])?["info"] as? [String: Any], let id = info["run_id"] as? String else {
            throw Check.Failed(description: "\(made)")
        }
        return id
    }

    /// How many points a series has, over all its pages.
    func historyCount(of key: String, in run: String) throws -> Int {
        var count = 0
        var token: String?
        repeat {
            let page = token.map { "&page_token=" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") } ?? ""
            let answer = try Check.object(
                try send("GET", Self.api + "metrics/get-history?run_id=\(run)&metric_key=\(key)&max_results=25000\(page)"))
            count += (answer["metrics"] as? [Any])?.count ?? 0
            token = answer["next_page_token"] as? String
        } while token?.isEmpty == false
        return count
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Scenario {
    /// All of these need the filled rows.
    static func reading(_ scale: Scale) -> [Scenario] {
        [
            getRun(scale), search(scale), searchPage(scale), experiments(scale), wholeHistory(scale), chart(scale), versions(scale),
        ]
    }

    private static func getRun(_ scale: Scale) -> Scenario {
        Scenario(name: "get run, 8 connections") { contender, _ in
            try Load(connections: 8, seconds: scale.seconds).run(on: contender) { connection, thread, number in
                let id = Fill.run((thread * 7919 + number) % scale.runs)
                let answer = try connection.send("GET", HTTPConnection.api + "runs/get?run_id=\(id)")
                try Check.expect(answer.status == 200 && answer.text.contains(id), "\(answer.status) \(answer.text.prefix(200))")
            }
        }
    }

    /// A metric and a param condition, in the order of the metric: the best hundred.
    private static func search(_ scale: Scale) -> Scenario {
        Scenario(name: "search of \(scale.runs) runs") { contender, _ in
            let body = """
                {"experiment_ids":["\(Fill.experiment)"],"filter":"metrics.auc > 0.5 and params.depth = '3'","order_by":["metrics.auc DESC"],"max_results":100}
                """
            // What the best run with depth 3 must be, from the rule of the fill.
            let found = stride(from: 3, to: scale.runs, by: 10).filter { (7919 * $0) % scale.runs * 2 > scale.runs }
            let best = found.max { (7919 * $0) % scale.runs < (7919 * $1) % scale.runs } ?? 3
            let count = min(100, found.count)
            return try Load(connections: 1, seconds: scale.seconds).run(on: contender) { connection, _, _ in
                let runs =
                    try Check.object(try connection.send("POST", HTTPConnection.api + "runs/search", json: body))["runs"]
                    as? [[String: Any]]
                let first = (runs?.first?["info"] as? [String: Any])?["run_id"] as? String
                try Check.expect(runs?.count == count && first == Fill.run(best), "\(runs?.count ?? 0) runs, the first \(first ?? "none")")
            }
        }
    }

    private static func searchPage(_ scale: Scale) -> Scenario {
        Scenario(name: "page of 1,000 of \(scale.runs) runs") { contender, _ in
            let body = #"{"experiment_ids":["\#(Fill.experiment)"],"max_results":1000}"#
            return try Load(connections: 1, seconds: scale.seconds).run(on: contender) { connection, _, _ in
                let answer = try connection.send("POST", HTTPConnection.api + "runs/search", json: body)
                let runs = try Check.object(answer)["runs"] as? [[String: Any]]
                try Check.expect(runs?.count == min(1_000, scale.runs), "\(runs?.count ?? 0) runs")
            }
        }
    }

    private static func experiments(_ scale: Scale) -> Scenario {
        Scenario(name: "list of 1,000 experiments") { contender, _ in
            try Load(connections: 1, seconds: scale.seconds).run(on: contender) { connection, _, _ in
                let answer = try connection.send("POST", HTTPConnection.api + "experiments/search", json: #"{"max_results":1000}"#)
                let experiments = try Check.object(answer)["experiments"] as? [Any]
                try Check.expect(experiments?.count == 1_000, "\(experiments?.count ?? 0) experiments")
            }
        }
    }

    private static func wholeHistory(_ scale: Scale) -> Scenario {
        Scenario(name: "history of \(scale.history) steps, whole") { contender, _ in
            try Load(connections: 1, seconds: scale.seconds).run(on: contender) { connection, _, _ in
                let count = try connection.historyCount(of: Fill.history, in: Fill.run(0))
                try Check.expect(count == scale.history, "\(count) points")
            }
        }
    }

    private static func chart(_ scale: Scale) -> Scenario {
        Scenario(name: "history of \(scale.history) steps, 1,000 points") { contender, _ in
            try Load(connections: 1, seconds: scale.seconds).run(on: contender) { connection, _, _ in
                let answer = try connection.send(
                    "GET",
                    HTTPConnection.api
                        + "metrics/get-history-bulk-interval?run_ids=\(Fill.run(0))&metric_key=\(Fill.history)&max_results=1000")
                let points = try Check.object(answer)["metrics"] as? [[String: Any]]
                let last = (points?.last?["step"] as? NSNumber)?.intValue
                try Check.expect(
                    (900...1_100).contains(points?.count ?? 0) && last == scale.history - 1,
                    "\(points?.count ?? 0) points, last \(last ?? -1)")
            }
        }
    }

    private static func versions(_ scale: Scale) -> Scenario {
        Scenario(name: "search of \(scale.versions) model versions") { contender, _ in
            try Load(connections: 1, seconds: scale.seconds).run(on: contender) { connection, _, number in
                let wanted = (number * 7919) % scale.versions
                let filter =
                    "name='\(Fill.model)' and run_id='run\(wanted)'".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let answer = try connection.send("GET", HTTPConnection.api + "model-versions/search?filter=\(filter)&max_results=10")
                let versions = try Check.object(answer)["model_versions"] as? [[String: Any]]
                try Check.expect(
                    versions?.count == 1 && "\(versions?[0]["version"] ?? "")" == "\(wanted + 1)", "\(answer.text.prefix(300))")
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Scenario {
    static func writing(_ scale: Scale) -> [Scenario] {
        [createRuns(scale), logMetric(scale, connections: 8), logMetric(scale, connections: 64), logBatch(scale)]
    }

    private static func createRuns(_ scale: Scale) -> Scenario {
        Scenario(name: "create run, 8 connections") { contender, _ in
            let connection = try contender.connect()
            let experiment = try connection.newExperiment()
            let body = Array(#"{"experiment_id":"\#(experiment)","start_time":1700000000000,"run_name":"run","tags":[]}"#.utf8)
            let result = try Load(connections: 8, seconds: scale.seconds).run(on: contender) { connection, _, _ in
                try Check.status(try connection.send("POST", HTTPConnection.api + "runs/create", body: body, type: "application/json"))
            }
            var count = 0
            var token: String?
            repeat {
                var search: [String: Any] = ["experiment_ids": [experiment], "max_results": 1000]
                search["page_token"] = token
                let page = try connection.call("runs/search", search)
                count += (page["runs"] as? [Any])?.count ?? 0
                token = page["next_page_token"] as? String
            } while token != nil
            try Check.expect(count == result.requests, "\(count) runs found of \(result.requests) created")
            return result
        }
    }

    private static func logMetric(_ scale: Scale, connections: Int) -> Scenario {
        Scenario(name: "log a metric, \(connections) connections") { contender, _ in
            let connection = try contender.connect()
            let experiment = try connection.newExperiment()
            let runs = try (0..<connections).map { _ in try connection.newRun(in: experiment) }
            let result = try Load(connections: connections, seconds: scale.seconds).run(on: contender) { connection, thread, number in
                let body = #"{"run_id":"\#(runs[thread])","key":"loss","value":\#(number).5,"timestamp":1700000000000,"step":\#(number)}"#
                try Check.status(try connection.send("POST", HTTPConnection.api + "runs/log-metric", json: body))
            }
            let count = try runs.reduce(0) { try $0 + connection.historyCount(of: "loss", in: $1) }
            try Check.expect(count == result.requests, "\(count) points found of \(result.requests) logged")
            return result
        }
    }

    private static func logBatch(_ scale: Scale) -> Scenario {
        Scenario(name: "log 1,000 metrics, 2 connections") { contender, _ in
            let connection = try contender.connect()
            let experiment = try connection.newExperiment()
            let runs = try (0..<2).map { _ in try connection.newRun(in: experiment) }
            let result = try Load(connections: 2, seconds: scale.seconds).run(on: contender) { connection, thread, number in
                var body = #"{"run_id":"\#(runs[thread])","metrics":["#
                for index in 0..<1_000 {
                    if index > 0 { body += "," }
                    body +=
                        #"{"key":"loss \#(index % 10)","value":\#(index).25,"timestamp":1700000000000,"step":\#(number * 100 + index / 10)}"#
                }
                try Check.status(try connection.send("POST", HTTPConnection.api + "runs/log-batch", json: body + "]}"))
            }
            let count = try runs.reduce(0) { try $0 + connection.historyCount(of: "loss%203", in: $1) }
            try Check.expect(count == result.requests * 100, "\(count) points found of \(result.requests * 100) logged")
            return result
        }
    }
}

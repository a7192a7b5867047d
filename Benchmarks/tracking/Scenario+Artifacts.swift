// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Scenario {
    /// One file up, then down, in one connection each; a request is a transfer.
    static func artifacts(_ scale: Scale) -> [Scenario] {
        let size = scale.artifactMebibytes << 20
        let path = "/api/2.0/mlflow-artifacts/artifacts/bench/file.bin"
        let piece = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        return [
            Scenario(name: "artifact of \(scale.artifactMebibytes) MiB, up") { contender, _ in
                try Load(connections: 1, seconds: 3600, requestsEach: 1).run(on: contender) { connection, _, _ in
                    try Check.status(try connection.upload(path, size: size, piece: piece))
                }
            },
            Scenario(name: "artifact of \(scale.artifactMebibytes) MiB, down") { contender, _ in
                try Load(connections: 1, seconds: 3600, requestsEach: 1).run(on: contender) { connection, _, _ in
                    let answer = try connection.send("GET", path, body: [], type: "application/octet-stream", drains: true)
                    try Check.expect(answer.status == 200 && answer.length == size, "\(answer.status), \(answer.length) bytes")
                }
            },
        ]
    }
}

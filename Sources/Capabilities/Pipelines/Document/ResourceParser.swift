// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads what an attempt needs of its machine.
struct ResourceParser {
    static let maximumCPUMilli: Int64 = 1_024_000
    static let maximumGPUs = 64

    let problems: DocumentProblems

    func parse(_ node: DocumentNode) -> ResourceRequest {
        var request = ResourceRequest()
        guard let fields = node.fields(["cpu", "memory", "disk", "gpu", "spot", "region"], problems) else { return request }
        problems.attempt { () throws(Problem) in
            if let cpu = fields["cpu"] { request.cpuMilli = try cpuMilli(cpu) }
        }
        problems.attempt { () throws(Problem) in
            if let memory = fields["memory"] { request.memoryBytes = try memory.bytes() }
        }
        problems.attempt { () throws(Problem) in
            if let disk = fields["disk"] { request.diskBytes = try disk.bytes() }
        }
        problems.attempt { () throws(Problem) in
            if let spot = fields["spot"] { request.spot = try PipelineParser.choice(spot, ResourceRequest.Spot.self) }
        }
        problems.attempt { () throws(Problem) in
            if let region = fields["region"] { request.region = try region.name(of: "region") }
        }
        if let gpu = fields["gpu"] { parse(gpu: gpu, into: &request) }
        return request
    }

    private func parse(gpu node: DocumentNode, into request: inout ResourceRequest) {
        guard node.isMapping else {
            problems.attempt { () throws(Problem) in request.gpuCount = try node.integer(in: 0...Self.maximumGPUs) }
            return
        }
        guard let fields = node.fields(["count", "kind"], problems) else { return }
        request.gpuCount = 1
        problems.attempt { () throws(Problem) in
            if let count = fields["count"] { request.gpuCount = try count.integer(in: 1...Self.maximumGPUs) }
        }
        problems.attempt { () throws(Problem) in
            if let kind = fields["kind"] { request.gpuKind = try kind.name(of: "kind of GPU") }
        }
    }

    private func cpuMilli(_ node: DocumentNode) throws(Problem) -> Int {
        guard let milli = Quantity.cpuMilli(try node.scalarText()), (1...Self.maximumCPUMilli).contains(milli) else {
            throw node.wrongType("a number of cores up to \(Self.maximumCPUMilli / 1000)", fix: "Write '2', '0.5' or '500m'.")
        }
        return Int(milli)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Domain
import Pipelines
import Testing

@Suite("Thousands of damaged pipeline documents")
struct PipelineFuzzTests {
    @Test("are read or refused with a place and a fix", arguments: 0..<4)
    func damaged(_ part: UInt64) {
        let documents = (PipelineCase.good + PipelineCase.bad).map { Array($0.document.utf8) }
        let pieces = [
            "\n", " ", ":", "- ", "[", "]", "{", "}", "\"", "'", ",", "#", "&a ", "*a", "!x ", "|\n", ">-\n", "? ", "%", "\t", "é", "null",
            "0", "-1",
            "9999999999999999999", "true", "<<: ", "steps", "item", "1e400", "\u{0}", "\u{85}", "---\n", "...\n", "{item: true}",
        ].map { Array($0.utf8) }
        for number in 0..<250 {
            let seed = part * 250 + UInt64(number)
            var random = SplitMix(state: seed)
            var document = documents.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0...document.count, using: &random)
                let end = min(document.count, place + Int.random(in: 0...6, using: &random))
                document.replaceSubrange(place..<end, with: Bool.random(using: &random) ? pieces.randomElement(using: &random) ?? [] : [])
            }
            for problem in PipelineParser.check(String(decoding: document, as: UTF8.self)) {
                #expect(problem.what.hasPrefix("Line ") && problem.fix?.isEmpty == false, "seed \(seed): \(problem)")
                #expect(problem.kind == .invalid, "seed \(seed): \(problem)")
            }
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

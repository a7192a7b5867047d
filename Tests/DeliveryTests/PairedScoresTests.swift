// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Testing

@Suite struct PairedScoresTests {
    private func parse(_ text: String, groupColumn: String? = nil, pieces size: Int = 1000) throws -> PairedScores {
        var parser = PairedScoresParser(groupColumn: groupColumn)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try parser.feed(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return try parser.finish()
    }

    private let file =
        "\u{FEFF}row,day,label,candidate,champion\r\n1,\"06-01, a\",1,0.75,0.5\r\n2,06-02,0,2e-1,0.25\r\n\r\n3,\"06-01, a\",True,1,0\n"

    @Test("reads the same from pieces of any size", arguments: [1, 2, 3, 7, 1000])
    func pieces(size: Int) throws {
        let scores = try parse(file, groupColumn: "day", pieces: size)
        #expect(scores.labels == [true, false, true])
        #expect(scores.candidate == [0.75, 0.2, 1])
        #expect(scores.champion == [0.5, 0.25, 0])
        #expect(scores.groups == [0, 1, 0])
        #expect(scores.groupCount == 2)
    }

    @Test("a champion column that is empty in every row is no champion")
    func noChampion() throws {
        #expect(try parse("label,candidate,champion\n1,0.5,\n0,0.5,\n").champion == nil)
        #expect(try parse("label,candidate\n1,0.5\n").champion == nil)
        let partly = try #require(try parse("label,candidate,champion\n1,0.5,0.5\n0,0.5,\n").champion)
        #expect(partly[0] == 0.5)
        #expect(partly[1].isNaN)
    }

    @Test("keeps what a broken model wrote, so that the gate can say so")
    func notNumbers() throws {
        let scores = try parse("label,candidate\n1,nan\n0,\n1,inf\n0,-3\n")
        #expect(scores.candidate[0].isNaN && scores.candidate[1].isNaN)
        #expect(Array(scores.candidate[2...]) == [.infinity, -3])
    }

    @Test(
        "refuses a malformed file",
        arguments: [
            "", "label,candidate\n", "candidate\n0.5\n", "label,candidate\n1\n", "label,candidate\n1,0.5,1\n", "label,candidate\n2,0.5\n",
            "label,candidate\n,0.5\n", "label,candidate\n1,half\n", "label,label,candidate\n1,1,0.5\n", "label,candidate\n1,\"0.5\n",
        ])
    func malformed(text: String) {
        #expect(throws: Problem.self) { try parse(text) }
    }

    @Test("refuses a group column that is not there, and a line without end")
    func bounds() {
        #expect(throws: Problem.self) { try parse("label,candidate\n1,0.5\n", groupColumn: "day") }
        let problem = #expect(throws: Problem.self) { try parse(String(repeating: "x", count: 5000)) }
        #expect(problem?.kind == .tooLarge)
    }

    @Test("the digest tells values, champion and groups apart, and not their spelling")
    func digest() throws {
        let base = try parse("label,candidate\n1,0.5\n0,0.25\n")
        #expect(try parse("candidate,label\n5e-1,true\n0.250,0\n").digest == base.digest)
        let others = [
            "label,candidate\n1,0.5\n0,0.26\n", "label,candidate\n1,0.5\n1,0.25\n", "label,candidate\n0,0.25\n1,0.5\n",
            "label,candidate,champion\n1,0.5,0.5\n0,0.25,0.5\n",
        ]
        for other in others { #expect(try parse(other).digest != base.digest) }
        let grouped = try parse("label,candidate,day\n1,0.5,a\n0,0.25,a\n", groupColumn: "day")
        #expect(grouped.digest != base.digest)
    }
}

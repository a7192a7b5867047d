// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import Registry

@Suite struct SignatureFileTests {
    @Test("reads inputs and outputs as MLflow writes them")
    func signature() {
        #expect(
            SignatureFile.signature(in: RegistryWorld.modelFile) == [
                "inputs": [["name": "x", "type": "double"]],
                "outputs": [["type": "tensor", "tensor-spec": ["dtype": "int64", "shape": [-1]]]],
            ])
    }

    @Test(
        "finds none where there is none to find",
        arguments: [
            "", "signature:\n", "signature: 7", "flavors: {}", "signature:\n  inputs: 'no json'\n", "a: [", "signature:\n  inputs: null\n",
        ])
    func absent(text: String) {
        #expect(SignatureFile.signature(in: text) == nil)
    }

    @Test("is not slowed down by aliases that would expand without end", .timeLimit(.minutes(1)))
    func aliases() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        text += "signature:\n  inputs: '[]'\n"
        #expect(SignatureFile.signature(in: text) == ["inputs": []])
    }
}

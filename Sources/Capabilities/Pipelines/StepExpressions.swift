// SPDX-License-Identifier: Apache-2.0

package import Domain

package struct StepScope: Sendable {
    package var parameters: [String: JSONValue]
    package var steps: [String: StepView]
    package var item: JSONValue?
    package var index: Int?
}

package struct StepView: Sendable {
    package var state: String
    package var outputs: [String: JSONValue]
}

package enum StepExpressions {
    package static func holds(_ source: String, in scope: StepScope) throws(Problem) -> Bool { false }
    package static func items(_ source: String, in scope: StepScope) throws(Problem) -> [JSONValue] { [] }
    package static func stepsNamed(in source: String) throws(Problem) -> [String] { [] }
}

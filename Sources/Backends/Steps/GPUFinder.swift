// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// A graphics card, by the index that CUDA programs and `/dev/nvidiaN` know it by.
package struct GPUDevice: Sendable, Codable, Equatable {
    package var index: Int
    /// Its name in lower case with hyphens, such as `nvidia-h100-80gb-hbm3`; nil when only its index is known.
    package var kind: String?

    package init(index: Int, kind: String? = nil) {
        self.index = index
        self.kind = kind
    }
}

/// Finds the graphics cards of this machine.
package enum GPUFinder {
    /// - Parameter setting: `DHOW_GPUS`: indices such as `0,1`, or how many (`2` is `0,1`; so one card that is not the first is written `3,`);
    ///   nil or empty asks the machine, `0` is none.
    /// - Throws: `Problem` `.invalid` for a setting that is neither.
    package static func devices(setting: String?) throws(Problem) -> [GPUDevice] {
        if let setting = setting?.trimmingCharacters(in: .whitespaces), !setting.isEmpty { return try parse(setting: setting) }
        for program in ["/usr/bin/nvidia-smi", "/usr/local/bin/nvidia-smi"] where access(program, X_OK) == 0 {
            if let list = ProgramOutput.of(program, ["-L"]) { return parse(list: list) }
        }
        return devices(inDriverFolder: "/proc/driver/nvidia/gpus")
    }

    static func parse(setting: String) throws(Problem) -> [GPUDevice] {
        let words = setting.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let numbers = words.compactMap { Int($0) }
        guard numbers.count == words.count, numbers.allSatisfy({ (0...1024).contains($0) }), Set(numbers).count == numbers.count else {
            throw Problem(
                .invalid, "steps.gpus.malformed", "The setting DHOW_GPUS is neither a list of graphics cards nor a number of them.",
                why: "It is '\(setting.printable)'.", fix: "Write indices, such as DHOW_GPUS=0,1, or a count, such as DHOW_GPUS=2.")
        }
        let isCount = numbers.count == 1 && !setting.contains(",")
        return (isCount ? Array(0..<numbers[0]) : numbers.sorted()).map { GPUDevice(index: $0) }
    }

    /// Lines such as `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)`, and deeper ones for parts of a card, which are left out.
    package static func parse(list: String) -> [GPUDevice] {
        list.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("GPU "), let colon = line.firstIndex(of: ":"), let index = Int(line[..<colon].dropFirst(4)) else {
                return nil
            }
            let name = line[colon...].dropFirst().prefix { $0 != "(" }
            return GPUDevice(index: index, kind: kind(of: name))
        }
    }

    /// One folder a card, in it `information` with `Model:` and `Device Minor:`.
    package static func devices(inDriverFolder folder: String) -> [GPUDevice] {
        let cards = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return cards.compactMap { card -> GPUDevice? in
            guard let bytes = FileBytes.read("\(folder)/\(card)/information", limit: 1 << 16) else { return nil }
            var values: [Substring: String] = [:]
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { values[parts[0]] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            return values["Device Minor"].flatMap { Int($0) }.map { GPUDevice(index: $0, kind: values["Model"].map { kind(of: $0[...]) }) }
        }.sorted { $0.index < $1.index }
    }

    private static func kind(of name: Substring) -> String {
        name.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }
}

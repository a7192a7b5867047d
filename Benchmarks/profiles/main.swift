// SPDX-License-Identifier: Apache-2.0

// What one value costs in a profile, and what one more window costs as the history behind it grows to a year of hours of 500 columns.

import Foundation
import Profiling
import Statistics

let columns = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 500 : 500

func processorTime(_ body: () -> Void) -> Double {
    let start = clock()
    body()
    return Double(clock() - start) / Double(CLOCKS_PER_SEC)
}

func peakMiB() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
}

var generator = SplitMix64(seed: 1)
let count = 1_000_000
let numbers = (0..<count).map { _ in
    let uniform = Double.random(in: 0..<1, using: &generator)
    return (log(uniform / (1 - uniform)) * 10_000).rounded() / 10_000
}
let few = (0..<count).map { _ in "carrier \(Int.random(in: 0..<12, using: &generator))" }
let many = (0..<count).map { _ in "product \(Int(pow(1_000_000, Double.random(in: 0..<1, using: &generator))))" }

func report(_ name: String, _ values: Int, _ body: () -> Void) {
    let seconds = processorTime(body)
    print("| \(name) | \(Int((seconds * 1e9 / Double(values)).rounded())) |")
    fflush(nil)
}

print("| one value into | ns |\n|---|---|")
report("histogram of numbers", count) {
    var histogram = ValueHistogram()
    for value in numbers { histogram.add(value) }
}
report("table of categories, 12", count) {
    var table = CategoryTable()
    for value in few { table.add(value) }
}
report("table of categories, up to a million", count) {
    var table = CategoryTable()
    for value in many { table.add(value) }
}
if let reference = NumericReference(reference: Array(numbers.prefix(100_000))) {
    report("NumericSketch, frozen reference", count) {
        var sketch = NumericSketch(reference: reference)
        for value in numbers { sketch.add(value) }
    }
}
for (name, values) in [("12", few), ("up to a million", many)] {
    let counts = Dictionary(values.prefix(100_000).map { ($0, 1) }, uniquingKeysWith: +)
    let reference = CategoryReference(counts: counts)
    report("CategoricalSketch, frozen reference, \(name)", count) {
        var sketch = CategoricalSketch(reference: reference)
        for value in values { sketch.add(value) }
    }
}

// A day of windows, which come again and again: what is in them does not matter here.
let names = (0..<columns).map { "column \($0)" }
let day = (0..<24).map { _ in
    var window = TableProfile(columns: names)
    for _ in 0..<200 {
        for index in names.indices {
            if index % 5 == 4 {
                window.columns[index].add(few.randomElement(using: &generator) ?? "")
            } else {
                window.columns[index].add(numbers.randomElement(using: &generator) ?? 0)
            }
        }
        window.endRow()
    }
    return window
}
print("\n| windows behind it | merge into the history, ms | judge against it, ms | peak MiB |\n|---|---|---|---|")
var history = TableProfile(columns: names)
let judge = ProfileJudge()
var hour = 0
for checkpoint in [24, 168, 720, 2190, 4380, 8760] {
    var spent = 0.0
    var merged = 0
    while hour < checkpoint {
        let window = day[hour % 24]
        let isTimed = checkpoint - hour <= 24
        let seconds = processorTime { _ = history.merge(window) }
        if isTimed {
            spent += seconds
            merged += 1
        }
        hour += 1
    }
    let judging = processorTime { for window in day.prefix(8) { _ = judge.judge(window, against: history) } } / 8
    print(
        "| \(checkpoint) | \(String(format: "%.1f", spent / Double(merged) * 1000)) | \(String(format: "%.1f", judging * 1000)) | \(peakMiB()) |"
    )
    fflush(nil)
}

-- Prints what wrk measured as JSON. With a status as argument every answer is held against it,
-- which costs wrk time, so that only the warm-up does.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  others = 0
  local expected = tonumber(arguments[1])
  if expected then
    response = function(status)
      if status ~= expected then
        others = others + 1
      end
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("others")
  end
  local form = '{"requests": %d, "bytes": %d, "seconds": %f, "p50": %f, "p99": %f, "wrong": %d}\n'
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  local seconds = summary.duration / 1e6
  io.write(string.format(form, summary.requests, summary.bytes, seconds, p50, p99, wrong))
end

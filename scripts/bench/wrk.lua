-- One kind of request for wrk: METHOD, PATHS (a file of one path a line), TOKEN and BODY come from the environment. With START
-- (seconds since 1970) and STEP (seconds), each request's body bears a time of its own in place of `@START@`.
local paths = {}
for path in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = path end
local method, body = os.getenv("METHOD"), os.getenv("BODY")
local headers = { ["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Content-Type"] = "application/json" }
local start, step = tonumber(os.getenv("START") or ""), tonumber(os.getenv("STEP") or "")
local requests, turn, threads = {}, 0, 0

function setup(thread)
    thread:set("lane", threads)
    threads = threads + 1
end

function init()
    for number, path in ipairs(paths) do requests[number] = wrk.format(method, path, headers, body) end
end

function request()
    if start then
        turn = turn + 1
        local at = os.date("!%Y-%m-%dT%H:%M:%SZ", start + (lane * 100000 + turn) * step)
        return wrk.format(method, paths[1], headers, (body:gsub("@START@", at)))
    end
    turn = turn % #requests + 1
    return requests[turn]
end

-- Only 2xx counts.
function done(summary)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("rate %f failed %d\n", summary.requests / summary.duration * 1e6, failed))
end

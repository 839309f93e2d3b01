-- One kind of request for wrk: METHOD, PATHS (a file of one path a line), TOKEN and BODY come from the environment.
local paths = {}
for path in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = path end
local method, body = os.getenv("METHOD"), os.getenv("BODY")
local headers = { ["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Content-Type"] = "application/json" }
local requests, turn = {}, 0

function init()
    for number, path in ipairs(paths) do requests[number] = wrk.format(method, path, headers, body) end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

-- Only 2xx counts.
function done(summary)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("rate %f failed %d\n", summary.requests / summary.duration * 1e6, failed))
end

-- Refreshes for wrk: each with a token that an earlier one was answered with. TOKENS is a file of one token a line, to begin with.
local headers = { ["Content-Type"] = "application/json" }
local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init()
    tokens = {}
    local line = 0
    for token in io.lines(os.getenv("TOKENS")) do
        if line % 2 == number then tokens[#tokens + 1] = token end
        line = line + 1
    end
end

function request()
    local token = table.remove(tokens, 1)
    return wrk.format("POST", "/api/v1/auth/refresh", headers, '{"refreshToken":"' .. token .. '"}')
end

function response(status, _, body)
    local token = body:match('"refreshToken":"([^"]+)"')
    if token then tokens[#tokens + 1] = token end
end

-- Only 2xx counts.
function done(summary)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("rate %f failed %d\n", summary.requests / summary.duration * 1e6, failed))
end

"""Ed25519 as RFC 8032 has it, for tokens that an attacker signs with a key of their own. Slow and not constant in time: for attacks only."""

import hashlib

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
GY = 4 * pow(5, P - 2, P) % P


def recover(y):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x & 1 else x


GX = recover(GY)
G = (GX, GY, 1, GX * GY % P)


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return (i * j % P, k * m % P, j * k % P, i * m % P)


def times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = add(result, point)
        point, number = add(point, point), number >> 1
    return result


def packed(point):
    inverse = pow(point[2], P - 2, P)
    return (point[1] * inverse % P | (point[0] * inverse % P & 1) << 255).to_bytes(32, "little")


def halves(secret):
    digest = hashlib.sha512(secret).digest()
    number = int.from_bytes(digest[:32], "little")
    return number & (1 << 254) - 8 | 1 << 254, digest[32:]


def hashed(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "little") % Q


def public(secret):
    return packed(times(halves(secret)[0], G))


def sign(secret, message):
    number, prefix = halves(secret)
    key, nonce = packed(times(number, G)), hashed(prefix + message)
    point = packed(times(nonce, G))
    return point + ((nonce + hashed(point + key + message) * number) % Q).to_bytes(32, "little")

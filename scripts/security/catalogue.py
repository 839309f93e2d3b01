"""What is attacked, as data: each case with its entry of the OWASP API Security Top 10 (2023) and its requirements of ASVS 5.0.0."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    id: str
    title: str
    owasp: str
    asvs: str

    @property
    def cross(self):
        """Whether its attempts are of one clinic on another."""
        return self.id.startswith("cross.")

    @property
    def requirements(self):
        return [f"v5.0.0-{number}" for number in self.asvs.split()]


TABLE = """
cross.path        | another clinic's id in the path, in every spelling                        | API1 | 8.2.2 8.4.1
cross.query       | another clinic's id in a filter                                           | API1 | 8.2.2 8.4.1
cross.body        | another clinic's id in a body, alone, twice, in arrays, as other types    | API1 | 8.2.2 8.4.1
cross.method      | other methods and overridden methods on another clinic's id               | API5 | 4.1.4 8.2.1 8.4.1
cross.cursor      | another clinic's and edited cursors                                       | API1 | 8.2.2 8.4.1
cross.header      | another clinic named in headers and cookies                               | API1 | 4.1.3 8.3.1 8.4.1
cross.condition   | another clinic's version in If-Match and If-None-Match                    | API1 | 8.2.2 8.4.1
cross.key         | another clinic's idempotency keys                                         | API1 | 8.4.1 15.4.2
cross.file        | another clinic's ids in uploads: names, columns, cells                    | API1 | 8.2.2 8.4.1
cross.same        | what another clinic has may be entered here: no unique value tells of it  | API1 | 8.4.1 16.5.1
cross.events      | streams tell of one's own clinic alone                                    | API1 | 8.2.2 8.4.1
cross.login       | one's log-in leads to no other clinic                                     | API2 | 8.3.1 8.4.1
cross.race        | both clinics at once, with the same keys and bodies                       | API1 | 8.4.1 15.4.1
cross.intact      | after all attacks, what the other clinic has is as it was                 | API1 | 8.4.1
watch.leaks       | no answer to one clinic ever held an id or a text of the other            | API1 | 8.2.2 8.4.1
watch.errors      | no answer was a server error or told of the server's insides              | API8 | 16.5.1 13.4.6
token.absent      | without a token, and by another scheme                                    | API2 | 8.2.1 8.3.1
token.none        | unsigned tokens                                                           | API2 | 9.1.1 9.1.2
token.mac         | the public key as the secret of a MAC                                     | API2 | 9.1.2
token.kid         | key ids that are paths, SQL, addresses                                    | API2 | 9.1.3
token.key         | keys of the attacker's own, in or named by the token                      | API2 | 9.1.3
token.claims      | edited claims under the old signature                                     | API2 | 9.1.1 9.2.1
token.signature   | stripped, empty, cut and foreign signatures                               | API2 | 9.1.1
token.purpose     | tokens made for something else                                            | API2 | 9.2.2 9.2.3
token.form        | tokens of odd form: critical, nested, huge, several                       | API2 | 9.1.1 15.3.7
token.place       | tokens in queries and cookies                                             | API2 | 7.2.1 8.3.1
token.ended       | the token of a session that was ended                                     | API2 | 7.4.1
mass.create       | fields that are not the client's, as something is made                    | API3 | 8.2.3 15.3.3
mass.change       | fields that are not the client's, as something is changed                 | API3 | 8.2.3 15.3.3
inject.body       | injection in every text of every body                                     | API8 | 1.2.4 1.3.7 2.2.1
inject.query      | injection in every query                                                  | API8 | 1.2.4 2.2.1
inject.path       | injection in every path                                                   | API8 | 1.2.4 2.2.1
inject.header     | injection in headers                                                      | API8 | 1.2.4 4.1.3
inject.type       | bodies of other media types, encodings and shapes                         | API8 | 1.5.1 1.5.3
limits            | pages, bodies and paths beyond all limits                                 | API4 | 2.4.1 15.4.4
race.key          | the same request twenty times at once under one key                       | API6 | 2.3.3 15.4.2
race.time         | the same time taken twenty times at once                                  | API6 | 2.3.4 15.4.2
frame.smuggle     | a request hidden in another                                               | API8 | 4.2.1
frame.slow        | slow clients, while others are served                                     | API4 | 15.4.4
frame.spoof       | headers that name another host, path, client or method                    | API8 | 4.1.3 15.3.4
enum.body         | known and unknown addresses are answered alike                            | API2 | 6.3.8
enum.time         | known and unknown addresses and ids take alike (told, never a failure)    | API2 | 6.3.8
"""


def read(line):
    cells = [cell.strip() for cell in line.split("|")]
    return Case(cells[0], cells[1], f"{cells[2]}:2023", cells[3])


CASES = {case.id: case for case in map(read, TABLE.strip().splitlines())}

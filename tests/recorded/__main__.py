from tests.recorded import write

write()

// SPDX-License-Identifier: CC-BY-SA-4.0
//
// Written by Tools/AudioSet/table.py from the AudioSet ontology (Google, CC BY-SA 4.0) and AudioSet's
// class labels (Google, CC BY 4.0); descriptions, links and examples are left out.

/// The entries of AudioSet's ontology, in its file's order, with the classes' numbers.
enum AudioSetTable {
  /// A line an entry: class number (or nothing), identifier, name, identifiers of its parents.
  static let lines = """
    |/m/0dgw9r|Human sounds|
    |/m/09l8g|Human voice|/m/0dgw9r
    0|/m/09x0r|Speech|/m/09l8g
    1|/m/05zppz|Male speech, man speaking|/m/09x0r
    2|/m/02zsn|Female speech, woman speaking|/m/09x0r
    3|/m/0ytgt|Child speech, kid speaking|/m/09x0r
    4|/m/01h8n0|Conversation|/m/09x0r
    5|/m/02qldy|Narration, monologue|/m/09x0r
    6|/m/0261r1|Babbling|/m/09x0r
    7|/m/0brhx|Speech synthesizer|/m/09x0r
    8|/m/07p6fty|Shout|/m/09l8g
    9|/m/07q4ntr|Bellow|/m/07p6fty
    10|/m/07rwj3x|Whoop|/m/07p6fty
    11|/m/07sr1lc|Yell|/m/07p6fty
    12|/m/04gy_2|Battle cry|/m/07p6fty
    13|/t/dd00135|Children shouting|/m/07p6fty /t/dd00012
    14|/m/03qc9zr|Screaming|/m/09l8g
    15|/m/02rtxlg|Whispering|/m/09l8g
    16|/m/01j3sz|Laughter|/m/09l8g
    17|/t/dd00001|Baby laughter|/m/01j3sz
    18|/m/07r660_|Giggle|/m/01j3sz
    19|/m/07s04w4|Snicker|/m/01j3sz
    20|/m/07sq110|Belly laugh|/m/01j3sz
    21|/m/07rgt08|Chuckle, chortle|/m/01j3sz
    22|/m/0463cq4|Crying, sobbing|/m/09l8g
    23|/t/dd00002|Baby cry, infant cry|/m/0463cq4
    24|/m/07qz6j3|Whimper|/m/0463cq4
    25|/m/07qw_06|Wail, moan|/m/09l8g
    26|/m/07plz5l|Sigh|/m/09l8g
    27|/m/015lz1|Singing|/m/09l8g
    28|/m/0l14jd|Choir|/m/015lz1 /m/04szw
    29|/m/01swy6|Yodeling|/m/015lz1
    30|/m/02bk07|Chant|/m/015lz1 /m/0y4f8
    31|/m/01c194|Mantra|/m/02bk07
    32|/t/dd00003|Male singing|/m/015lz1
    33|/t/dd00004|Female singing|/m/015lz1
    34|/t/dd00005|Child singing|/m/015lz1
    35|/t/dd00006|Synthetic singing|/m/015lz1
    36|/m/06bxc|Rapping|/m/015lz1
    37|/m/02fxyj|Humming|/m/09l8g
    38|/m/07s2xch|Groan|/m/09l8g
    39|/m/07r4k75|Grunt|/m/09l8g
    |/m/01j423|Yawn|/m/09l8g
    40|/m/01w250|Whistling|/m/0dgw9r
    |/m/079vc8|Wolf-whistling|/m/01w250
    |/m/09hlz4|Respiratory sounds|/m/0dgw9r
    41|/m/0lyf6|Breathing|/m/09hlz4
    42|/m/07mzm6|Wheeze|/m/0lyf6
    43|/m/01d3sd|Snoring|/m/0lyf6
    44|/m/07s0dtb|Gasp|/m/0lyf6
    45|/m/07pyy8b|Pant|/m/0lyf6
    46|/m/07q0yl5|Snort|/m/0lyf6
    47|/m/01b_21|Cough|/m/09hlz4
    48|/m/0dl9sf8|Throat clearing|/m/01b_21
    49|/m/01hsr_|Sneeze|/m/09hlz4
    50|/m/07ppn3j|Sniff|/m/09hlz4
    |/m/0bpl036|Human locomotion|/m/0dgw9r
    51|/m/06h7j|Run|/m/0bpl036
    52|/m/07qv_x_|Shuffle|/m/0bpl036
    53|/m/07pbtc8|Walk, footsteps|/m/0bpl036
    |/m/0160x5|Digestive|/m/0dgw9r
    54|/m/03cczk|Chewing, mastication|/m/0160x5
    55|/m/07pdhp0|Biting|/m/0160x5
    56|/m/0939n_|Gargling|/m/0160x5
    57|/m/01g90h|Stomach rumble|/m/0160x5
    58|/m/03q5_w|Burping, eructation|/m/0160x5
    59|/m/02p3nc|Hiccup|/m/0160x5
    60|/m/02_nn|Fart|/m/0160x5
    61|/m/0k65p|Hands|/m/0dgw9r
    62|/m/025_jnm|Finger snapping|/m/0k65p
    63|/m/0l15bq|Clapping|/m/0k65p /t/dd00012
    64|/m/01jg02|Heart sounds, heartbeat|/m/0dgw9r
    65|/m/01jg1z|Heart murmur|/m/01jg02
    |/m/04xp5v|Otoacoustic emission|/m/0dgw9r
    |/m/0pv6y|Tinnitus, ringing in the ears|/m/04xp5v
    |/t/dd00012|Human group actions|/m/0dgw9r
    66|/m/053hz1|Cheering|/t/dd00012
    67|/m/028ght|Applause|/t/dd00012
    68|/m/07rkbfh|Chatter|/t/dd00012
    69|/m/03qtwd|Crowd|/t/dd00012
    70|/m/07qfr4h|Hubbub, speech noise, speech babble|/t/dd00012 /m/096m7z
    |/m/04v5dt|Booing|/t/dd00012
    71|/t/dd00013|Children playing|/t/dd00012
    72|/m/0jbk|Animal|
    73|/m/068hy|Domestic animals, pets|/m/0jbk
    74|/m/0bt9lr|Dog|/m/068hy
    75|/m/05tny_|Bark|/m/0bt9lr
    76|/m/07r_k2n|Yip|/m/0bt9lr
    77|/m/07qf0zm|Howl|/m/0bt9lr /m/01z5f
    78|/m/07rc7d9|Bow-wow|/m/0bt9lr
    79|/m/0ghcn6|Growling|/m/0bt9lr /m/01yrx /m/0cdnk /m/01z5f
    80|/t/dd00136|Whimper (dog)|/m/0bt9lr
    |/m/07srf8z|Bay|/m/0bt9lr
    81|/m/01yrx|Cat|/m/068hy
    82|/m/02yds9|Purr|/m/01yrx
    83|/m/07qrkrw|Meow|/m/01yrx
    84|/m/07rjwbb|Hiss|/m/01yrx /m/078jl /m/06wzb /m/05n1m
    |/m/0f25s6|Cat communication|/m/01yrx
    85|/m/07r81j2|Caterwaul|/m/01yrx
    86|/m/0ch8v|Livestock, farm animals, working animals|/m/0jbk
    87|/m/03k3r|Horse|/m/0ch8v
    88|/m/07rv9rh|Clip-clop|/m/03k3r /m/07qc9xj
    89|/m/07q5rw0|Neigh, whinny|/m/03k3r
    |/t/dd00139|Snort (horse)|/m/03k3r
    |/t/dd00140|Nicker|/m/03k3r
    |/m/0ffhf|Donkey, ass|/m/0ch8v
    90|/m/01xq0k1|Cattle, bovinae|/m/0ch8v
    91|/m/07rpkh9|Moo|/m/01xq0k1
    92|/m/0239kh|Cowbell|/m/01xq0k1 /m/0l14md /m/0395lw
    |/m/01hhp3|Yak|/m/01xq0k1
    93|/m/068zj|Pig|/m/0ch8v
    94|/t/dd00018|Oink|/m/068zj
    95|/m/03fwl|Goat|/m/0ch8v
    96|/m/07q0h5t|Bleat|/m/03fwl /m/07bgp
    97|/m/07bgp|Sheep|/m/0ch8v
    98|/m/025rv6n|Fowl|/m/0ch8v
    99|/m/09b5t|Chicken, rooster|/m/025rv6n
    100|/m/07st89h|Cluck|/m/09b5t
    101|/m/07qn5dc|Crowing, cock-a-doodle-doo|/m/09b5t
    102|/m/01rd7k|Turkey|/m/025rv6n
    103|/m/07svc2k|Gobble|/m/01rd7k
    104|/m/09ddx|Duck|/m/025rv6n
    105|/m/07qdb04|Quack|/m/09ddx
    106|/m/0dbvp|Goose|/m/025rv6n
    107|/m/07qwf61|Honk|/m/0dbvp
    108|/m/01280g|Wild animals|/m/0jbk
    109|/m/0cdnk|Roaring cats (lions, tigers)|/m/01280g
    110|/m/04cvmfc|Roar|/m/0cdnk
    111|/m/015p6|Bird|/m/01280g
    112|/m/020bb7|Bird vocalization, bird call, bird song|/m/015p6
    113|/m/07pggtn|Chirp, tweet|/m/020bb7 /t/dd000138
    114|/m/07sx8x_|Squawk|/m/020bb7
    115|/m/0h0rv|Pigeon, dove|/m/015p6
    116|/m/07r_25d|Coo|/m/0h0rv
    117|/m/04s8yn|Crow|/m/015p6
    118|/m/07r5c2p|Caw|/m/04s8yn
    119|/m/09d5_|Owl|/m/015p6
    120|/m/07r_80w|Hoot|/m/09d5_
    |/m/01dwxx|Gull, seagull|/m/015p6
    121|/m/05_wcq|Bird flight, flapping wings|/m/015p6
    122|/m/01z5f|Canidae, dogs, wolves|/m/01280g
    123|/m/06hps|Rodents, rats, mice|/m/01280g
    124|/m/04rmv|Mouse|/m/06hps
    |/m/02021|Chipmunk|/m/06hps
    125|/m/07r4gkf|Patter|/m/06hps
    126|/m/03vt0|Insect|/m/01280g
    127|/m/09xqv|Cricket|/m/03vt0
    128|/m/09f96|Mosquito|/m/03vt0
    129|/m/0h2mp|Fly, housefly|/m/03vt0
    130|/m/07pjwq1|Buzz|/m/0h2mp /m/01h3n /t/dd000138
    131|/m/01h3n|Bee, wasp, etc.|/m/03vt0
    132|/m/09ld4|Frog|/m/01280g
    133|/m/07st88b|Croak|/m/09ld4
    134|/m/078jl|Snake|/m/01280g
    135|/m/07qn4z3|Rattle|/m/078jl /m/05n1m
    136|/m/032n05|Whale vocalization|/m/01280g
    137|/m/04rlf|Music|
    138|/m/04szw|Musical instrument|/m/04rlf
    139|/m/0fx80y|Plucked string instrument|/m/04szw
    140|/m/0342h|Guitar|/m/0fx80y
    141|/m/02sgy|Electric guitar|/m/0342h
    142|/m/018vs|Bass guitar|/m/0342h
    143|/m/042v_gx|Acoustic guitar|/m/0342h
    144|/m/06w87|Steel guitar, slide guitar|/m/0342h
    145|/m/01glhc|Tapping (guitar technique)|/m/0342h
    146|/m/07s0s5r|Strum|/m/0342h
    147|/m/018j2|Banjo|/m/0fx80y
    148|/m/0jtg0|Sitar|/m/0fx80y
    149|/m/04rzd|Mandolin|/m/0fx80y
    150|/m/01bns_|Zither|/m/0fx80y
    151|/m/07xzm|Ukulele|/m/0fx80y
    152|/m/05148p4|Keyboard (musical)|/m/04szw
    153|/m/05r5c|Piano|/m/05148p4
    154|/m/01s0ps|Electric piano|/m/05r5c
    |/m/025cbm|Clavinet|/m/01s0ps
    |/m/0bxl5|Rhodes piano|/m/01s0ps
    155|/m/013y1f|Organ|/m/05148p4
    156|/m/03xq_f|Electronic organ|/m/013y1f
    157|/m/03gvt|Hammond organ|/m/013y1f
    158|/m/0l14qv|Synthesizer|/m/05148p4
    159|/m/01v1d8|Sampler|/m/0l14qv
    |/m/0gkd1|Mellotron|/m/0l14qv
    160|/m/03q5t|Harpsichord|/m/05148p4
    161|/m/0l14md|Percussion|/m/04szw
    162|/m/02hnl|Drum kit|/m/0l14md
    163|/m/0cfdd|Drum machine|/m/02hnl
    164|/m/026t6|Drum|/m/0l14md
    165|/m/06rvn|Snare drum|/m/026t6
    166|/m/03t3fj|Rimshot|/m/06rvn
    167|/m/02k_mr|Drum roll|/m/06rvn
    168|/m/0bm02|Bass drum|/m/026t6
    169|/m/011k_j|Timpani|/m/026t6
    170|/m/01p970|Tabla|/m/026t6
    171|/m/01qbl|Cymbal|/m/0l14md
    172|/m/03qtq|Hi-hat|/m/01qbl
    |/m/0bm0k|Crash cymbal|/m/01qbl
    173|/m/01sm1g|Wood block|/m/0l14md
    174|/m/07brj|Tambourine|/m/0l14md
    175|/m/05r5wn|Rattle (instrument)|/m/0l14md
    176|/m/0xzly|Maraca|/m/05r5wn
    177|/m/0mbct|Gong|/m/0l14md
    178|/m/016622|Tubular bells|/m/0l14md
    179|/m/0j45pbj|Mallet percussion|/m/0l14md
    180|/m/0dwsp|Marimba, xylophone|/m/0j45pbj
    181|/m/0dwtp|Glockenspiel|/m/0j45pbj
    182|/m/0dwt5|Vibraphone|/m/0j45pbj
    183|/m/0l156b|Steelpan|/m/0j45pbj
    184|/m/05pd6|Orchestra|/m/04szw
    185|/m/01kcd|Brass instrument|/m/04szw
    186|/m/0319l|French horn|/m/01kcd
    187|/m/07gql|Trumpet|/m/01kcd
    188|/m/07c6l|Trombone|/m/01kcd
    |/m/020w2|Cornet|/m/01kcd
    |/m/0y64j|Bugle|/m/01kcd
    189|/m/0l14_3|Bowed string instrument|/m/04szw
    190|/m/02qmj0d|String section|/m/0l14_3
    191|/m/07y_7|Violin, fiddle|/m/0l14_3
    192|/m/0d8_n|Pizzicato|/m/07y_7
    193|/m/01xqw|Cello|/m/0l14_3
    194|/m/02fsn|Double bass|/m/0l14_3
    195|/m/085jw|Wind instrument, woodwind instrument|/m/04szw
    196|/m/0l14j_|Flute|/m/085jw
    197|/m/06ncr|Saxophone|/m/085jw
    |/m/02pprs|Alto saxophone|/m/06ncr
    |/m/03t22m|Soprano saxophone|/m/06ncr
    198|/m/01wy6|Clarinet|/m/085jw
    |/m/05kms|Oboe|/m/085jw
    |/m/01c3q|Bassoon|/m/085jw
    199|/m/03m5k|Harp|/m/04szw
    200|/m/0395lw|Bell|/m/04szw /t/dd00041
    201|/m/03w41f|Church bell|/m/0395lw
    202|/m/027m70_|Jingle bell|/m/0395lw
    203|/m/0gy1t2s|Bicycle bell|/m/0395lw /m/0199g /m/07pp_mv
    204|/m/07n_g|Tuning fork|/m/0395lw
    205|/m/0f8s22|Chime|/m/0395lw
    206|/m/026fgl|Wind chime|/m/0f8s22
    207|/m/0150b9|Change ringing (campanology)|/m/0395lw
    208|/m/03qjg|Harmonica|/m/04szw
    209|/m/0mkg|Accordion|/m/04szw
    210|/m/0192l|Bagpipes|/m/04szw
    211|/m/02bxd|Didgeridoo|/m/04szw
    212|/m/0l14l2|Shofar|/m/04szw
    213|/m/07kc_|Theremin|/m/04szw
    214|/m/0l14t7|Singing bowl|/m/04szw
    |/m/05229|Musical ensemble|/m/04szw
    |/m/01vj9c|Bass (instrument role)|/m/04szw
    215|/m/01hgjl|Scratching (performance technique)|/m/04szw
    |/m/0kpv1t|Music genre|/m/04rlf
    216|/m/064t9|Pop music|/m/0kpv1t
    217|/m/0glt670|Hip hop music|/m/0kpv1t
    |/m/04j_h4|Grime music|/m/0glt670
    |/m/0n8zsc8|Trap music|/m/0glt670
    218|/m/02cz_7|Beatboxing|/m/0glt670 /m/0y4f8
    219|/m/06by7|Rock music|/m/0kpv1t
    220|/m/03lty|Heavy metal|/m/06by7
    221|/m/05r6t|Punk rock|/m/06by7
    222|/m/0dls3|Grunge|/m/06by7
    223|/m/0dl5d|Progressive rock|/m/06by7
    224|/m/07sbbz2|Rock and roll|/m/06by7
    225|/m/05w3f|Psychedelic rock|/m/06by7
    226|/m/06j6l|Rhythm and blues|/m/0kpv1t
    227|/m/0gywn|Soul music|/m/0kpv1t
    228|/m/06cqb|Reggae|/m/0kpv1t
    |/m/0190y4|Dub|/m/06cqb
    229|/m/01lyv|Country|/m/0kpv1t
    230|/m/015y_n|Swing music|/m/01lyv
    231|/m/0gg8l|Bluegrass|/m/01lyv
    232|/m/02x8m|Funk|/m/0kpv1t
    233|/m/02w4v|Folk music|/m/0kpv1t
    234|/m/06j64v|Middle Eastern music|/m/0kpv1t
    235|/m/03_d0|Jazz|/m/0kpv1t
    236|/m/026z9|Disco|/m/0kpv1t
    237|/m/0ggq0m|Classical music|/m/0kpv1t
    238|/m/05lls|Opera|/m/0ggq0m
    239|/m/02lkt|Electronic music|/m/0kpv1t
    240|/m/03mb9|House music|/m/02lkt
    241|/m/07gxw|Techno|/m/02lkt
    242|/m/07s72n|Dubstep|/m/02lkt
    |/m/029h7y|Electro|/m/02lkt
    243|/m/0283d|Drum and bass|/m/02lkt
    |/m/01f9gb|Oldschool jungle|/m/0283d
    244|/m/0m0jc|Electronica|/m/02lkt
    245|/m/08cyft|Electronic dance music|/m/02lkt
    246|/m/0fd3y|Ambient music|/m/02lkt
    |/m/052smk|Drone music|/m/0fd3y
    247|/m/07lnk|Trance music|/m/02lkt
    |/m/0m0fw|Noise music|/m/02lkt
    |/m/0bmfpc|UK garage|/m/02lkt
    248|/m/0g293|Music of Latin America|/m/0kpv1t
    |/m/02ccj9|Cumbia|/m/0g293
    249|/m/0ln16|Salsa music|/m/0g293
    |/m/0kpck|Soca music|/m/0g293
    |/m/080nby|Kuduro|/m/0g293
    |/m/05q7ms|Funk carioca|/m/0g293
    250|/m/0326g|Flamenco|/m/0g293
    251|/m/0155w|Blues|/m/0kpv1t
    252|/m/05fw6t|Music for children|/m/0kpv1t
    253|/m/02v2lh|New-age music|/m/0kpv1t
    254|/m/0y4f8|Vocal music|/m/0kpv1t
    255|/m/0z9c|A capella|/m/0y4f8
    256|/m/0164x2|Music of Africa|/m/0kpv1t
    257|/m/0145m|Afrobeat|/m/0164x2
    |/m/022dgg|Kwaito|/m/0164x2
    258|/m/02mscn|Christian music|/m/0kpv1t
    259|/m/016cjb|Gospel music|/m/02mscn
    260|/m/028sqc|Music of Asia|/m/0kpv1t
    261|/m/015vgc|Carnatic music|/m/028sqc
    262|/m/0dq0md|Music of Bollywood|/m/028sqc
    263|/m/06rqw|Ska|/m/0kpv1t
    264|/m/02p0sh1|Traditional music|/m/0kpv1t
    265|/m/05rwpb|Independent music|/m/0kpv1t
    |/t/dd00027|Musical concepts|/m/04rlf
    266|/m/074ft|Song|/t/dd00027
    |/m/09dsr|Melody|/t/dd00027
    |/m/05jcn|Musical note|/t/dd00027
    |/m/022c7z|Beat|/t/dd00027
    |/m/05xp3j|Drum beat|/m/022c7z
    |/m/01gp74|Chord|/t/dd00027
    |/m/0b128|Harmony|/t/dd00027
    |/m/021wwz|Bassline|/t/dd00027
    |/m/0kc2j|Loop|/t/dd00027
    |/m/03w6d1|Drone|/t/dd00027
    |/t/dd00028|Music role|/m/04rlf
    267|/m/025td0t|Background music|/t/dd00028
    268|/m/02cjck|Theme music|/t/dd00028
    269|/m/03r5q_|Jingle (music)|/t/dd00028
    270|/m/0l14gg|Soundtrack music|/t/dd00028
    271|/m/07pkxdp|Lullaby|/t/dd00028
    272|/m/01z7dr|Video game music|/t/dd00028
    273|/m/0140xf|Christmas music|/t/dd00028
    274|/m/0ggx5q|Dance music|/t/dd00028
    275|/m/04wptg|Wedding music|/t/dd00028
    |/t/dd00029|Birthday music|/t/dd00028
    |/t/dd00030|Music mood|/m/04rlf
    276|/t/dd00031|Happy music|/t/dd00030
    277|/t/dd00032|Funny music|/t/dd00030
    278|/t/dd00033|Sad music|/t/dd00030
    279|/t/dd00034|Tender music|/t/dd00030
    280|/t/dd00035|Exciting music|/t/dd00030
    281|/t/dd00036|Angry music|/t/dd00030
    282|/t/dd00037|Scary music|/t/dd00030
    |/m/059j3w|Natural sounds|
    283|/m/03m9d0z|Wind|/m/059j3w
    |/m/07q8f3b|Howl (wind)|/m/03m9d0z
    284|/m/09t49|Rustling leaves|/m/03m9d0z
    285|/t/dd00092|Wind noise (microphone)|/m/03m9d0z /m/0hg7b
    286|/m/0jb2l|Thunderstorm|/m/059j3w
    287|/m/0ngt1|Thunder|/m/0jb2l
    288|/m/0838f|Water|/m/059j3w
    289|/m/06mb1|Rain|/m/0838f
    290|/m/07r10fb|Raindrop|/m/06mb1
    291|/t/dd00038|Rain on surface|/m/06mb1
    292|/m/0j6m2|Stream|/m/0838f
    293|/m/0j2kx|Waterfall|/m/0838f
    294|/m/05kq4|Ocean|/m/0838f
    295|/m/034srq|Waves, surf|/m/05kq4
    296|/m/06wzb|Steam|/m/0838f
    297|/m/07swgks|Gurgling|/m/0838f
    298|/m/02_41|Fire|/m/059j3w
    299|/m/07pzfmf|Crackle|/m/02_41 /m/05n1m
    |/m/0fjy1|Wildfire|/m/02_41
    |/t/dd00041|Sounds of things|
    300|/m/07yv9|Vehicle|/t/dd00041
    301|/m/019jd|Boat, Water vehicle|/m/07yv9
    302|/m/0hsrw|Sailboat, sailing ship|/m/019jd
    303|/m/056ks2|Rowboat, canoe, kayak|/m/019jd
    304|/m/02rlv9|Motorboat, speedboat|/m/019jd
    305|/m/06q74|Ship|/m/019jd
    306|/m/012f08|Motor vehicle (road)|/m/07yv9
    307|/m/0k4j|Car|/m/012f08
    308|/m/0912c9|Vehicle horn, car horn, honking|/m/0k4j /m/07pp_mv
    309|/m/07qv_d5|Toot|/m/0912c9
    310|/m/02mfyn|Car alarm|/m/0k4j /m/07pp_mv
    311|/m/04gxbd|Power windows, electric windows|/m/0k4j
    312|/m/07rknqz|Skidding|/m/0k4j
    313|/m/0h9mv|Tire squeal|/m/0k4j
    314|/t/dd00134|Car passing by|/m/0k4j
    315|/m/0ltv|Race car, auto racing|/m/0k4j
    316|/m/07r04|Truck|/m/012f08
    317|/m/0gvgw0|Air brake|/m/07r04
    318|/m/05x_td|Air horn, truck horn|/m/07r04 /m/07pp_mv
    319|/m/02rhddq|Reversing beeps|/m/07r04
    320|/m/03cl9h|Ice cream truck, ice cream van|/m/07r04
    321|/m/01bjv|Bus|/m/012f08
    322|/m/03j1ly|Emergency vehicle|/m/012f08
    323|/m/04qvtq|Police car (siren)|/m/03j1ly /m/03kmc9
    324|/m/012n7d|Ambulance (siren)|/m/03j1ly /m/03kmc9
    325|/m/012ndj|Fire engine, fire truck (siren)|/m/03j1ly /m/03kmc9
    326|/m/04_sv|Motorcycle|/m/012f08
    327|/m/0btp2|Traffic noise, roadway noise|/m/012f08
    328|/m/06d_3|Rail transport|/m/07yv9
    329|/m/07jdr|Train|/m/06d_3
    330|/m/04zmvq|Train whistle|/m/07jdr
    331|/m/0284vy3|Train horn|/m/07jdr
    332|/m/01g50p|Railroad car, train wagon|/m/06d_3
    333|/t/dd00048|Train wheels squealing|/m/06d_3
    334|/m/0195fx|Subway, metro, underground|/m/06d_3
    335|/m/0k5j|Aircraft|/m/07yv9
    336|/m/014yck|Aircraft engine|/m/0k5j
    337|/m/04229|Jet engine|/m/014yck /m/02mk9
    338|/m/02l6bg|Propeller, airscrew|/m/014yck
    339|/m/09ct_|Helicopter|/m/0k5j
    340|/m/0cmf2|Fixed-wing aircraft, airplane|/m/0k5j
    |/t/dd00061|Non-motorized land vehicle|/m/07yv9
    341|/m/0199g|Bicycle|/t/dd00061
    342|/m/06_fw|Skateboard|/t/dd00061
    343|/m/02mk9|Engine|/t/dd00041
    344|/t/dd00065|Light engine (high frequency)|/m/02mk9
    345|/m/08j51y|Dental drill, dentist's drill|/t/dd00065 /m/01d380
    346|/m/01yg9g|Lawn mower|/t/dd00065
    347|/m/01j4z9|Chainsaw|/t/dd00065
    348|/t/dd00066|Medium engine (mid frequency)|/m/02mk9
    349|/t/dd00067|Heavy engine (low frequency)|/m/02mk9
    350|/m/01h82_|Engine knocking|/m/02mk9
    351|/t/dd00130|Engine starting|/m/02mk9
    352|/m/07pb8fc|Idling|/m/02mk9
    353|/m/07q2z82|Accelerating, revving, vroom|/m/02mk9
    |/t/dd00071|Domestic sounds, home sounds|/t/dd00041
    354|/m/02dgv|Door|/t/dd00071
    355|/m/03wwcy|Doorbell|/m/02dgv /m/07pp_mv
    356|/m/07r67yg|Ding-dong|/m/03wwcy
    357|/m/02y_763|Sliding door|/m/02dgv
    358|/m/07rjzl8|Slam|/m/02dgv
    359|/m/07r4wb8|Knock|/m/02dgv /t/dd00099
    360|/m/07qcpgn|Tap|/m/02dgv /t/dd00099
    361|/m/07q6cd_|Squeak|/m/02dgv /t/dd000138
    362|/m/0642b4|Cupboard open or close|/t/dd00071
    363|/m/0fqfqc|Drawer open or close|/t/dd00071
    364|/m/04brg2|Dishes, pots, and pans|/t/dd00071
    365|/m/023pjk|Cutlery, silverware|/t/dd00071
    366|/m/07pn_8q|Chopping (food)|/t/dd00071
    367|/m/0dxrf|Frying (food)|/t/dd00071
    368|/m/0fx9l|Microwave oven|/t/dd00071
    369|/m/02pjr4|Blender|/t/dd00071
    |/g/11b630rrvh|Kettle whistle|/t/dd00071 /m/0l156k
    370|/m/02jz0l|Water tap, faucet|/t/dd00071
    371|/m/0130jx|Sink (filling or washing)|/t/dd00071
    372|/m/03dnzn|Bathtub (filling or washing)|/t/dd00071
    373|/m/03wvsk|Hair dryer|/t/dd00071
    374|/m/01jt3m|Toilet flush|/t/dd00071
    375|/m/012xff|Toothbrush|/t/dd00071
    376|/m/04fgwm|Electric toothbrush|/m/012xff
    377|/m/0d31p|Vacuum cleaner|/t/dd00071
    378|/m/01s0vc|Zipper (clothing)|/t/dd00071
    |/m/0zmy2j9|Velcro, hook and loop fastener|/t/dd00071
    379|/m/03v3yw|Keys jangling|/t/dd00071
    380|/m/0242l|Coin (dropping)|/t/dd00071
    |/m/05mxj0q|Packing tape, duct tape|/t/dd00071
    381|/m/01lsmm|Scissors|/t/dd00071
    382|/m/02g901|Electric shaver, electric razor|/t/dd00071
    383|/m/05rj2|Shuffling cards|/t/dd00071
    384|/m/0316dw|Typing|/t/dd00071
    385|/m/0c2wf|Typewriter|/m/0316dw
    386|/m/01m2v|Computer keyboard|/m/0316dw
    387|/m/081rb|Writing|/t/dd00071
    388|/m/07pp_mv|Alarm|/t/dd00041
    389|/m/07cx4|Telephone|/m/07pp_mv
    390|/m/07pp8cl|Telephone bell ringing|/m/07cx4
    391|/m/01hnzm|Ringtone|/m/07cx4
    |/m/01sb50|Cellphone buzz, vibrating alert|/m/07cx4
    392|/m/02c8p|Telephone dialing, DTMF|/m/07cx4
    393|/m/015jpf|Dial tone|/m/07cx4
    394|/m/01z47d|Busy signal|/m/07cx4
    395|/m/046dlr|Alarm clock|/m/07pp_mv
    396|/m/03kmc9|Siren|/m/07pp_mv
    397|/m/0dgbq|Civil defense siren|/m/03kmc9
    398|/m/030rvx|Buzzer|/m/07pp_mv
    399|/m/01y3hg|Smoke detector, smoke alarm|/m/07pp_mv
    400|/m/0c3f7m|Fire alarm|/m/07pp_mv
    401|/m/04fq5q|Foghorn|/m/07pp_mv
    402|/m/0l156k|Whistle|/m/07pp_mv
    403|/m/06hck5|Steam whistle|/m/0l156k
    404|/t/dd00077|Mechanisms|/t/dd00041
    405|/m/02bm9n|Ratchet, pawl|/t/dd00077
    406|/m/01x3z|Clock|/t/dd00077
    407|/m/07qjznt|Tick|/m/01x3z /m/07qc9xj
    408|/m/07qjznl|Tick-tock|/m/01x3z
    409|/m/0l7xg|Gears|/t/dd00077
    410|/m/05zc1|Pulleys|/t/dd00077
    411|/m/0llzx|Sewing machine|/t/dd00077
    412|/m/02x984l|Mechanical fan|/t/dd00077
    413|/m/025wky1|Air conditioning|/t/dd00077
    414|/m/024dl|Cash register|/t/dd00077
    415|/m/01m4t|Printer|/t/dd00077
    416|/m/0dv5r|Camera|/t/dd00077
    417|/m/07bjf|Single-lens reflex camera|/m/0dv5r
    418|/m/07k1x|Tools|/t/dd00041
    419|/m/03l9g|Hammer|/m/07k1x
    420|/m/03p19w|Jackhammer|/m/07k1x
    421|/m/01b82r|Sawing|/m/07k1x
    422|/m/02p01q|Filing (rasp)|/m/07k1x
    423|/m/023vsd|Sanding|/m/07k1x
    424|/m/0_ksk|Power tool|/m/07k1x
    425|/m/01d380|Drill|/m/0_ksk
    426|/m/014zdl|Explosion|/t/dd00041
    427|/m/032s66|Gunshot, gunfire|/m/014zdl
    428|/m/04zjc|Machine gun|/m/032s66
    429|/m/02z32qm|Fusillade|/m/032s66
    430|/m/0_1c|Artillery fire|/m/032s66
    431|/m/073cg4|Cap gun|/m/032s66
    432|/m/0g6b5|Fireworks|/m/014zdl
    433|/g/122z_qxw|Firecracker|/m/0g6b5
    434|/m/07qsvvw|Burst, pop|/m/014zdl
    435|/m/07pxg6y|Eruption|/m/014zdl
    436|/m/07qqyl4|Boom|/m/014zdl
    |/m/0193bn|Sonic boom|/m/07qqyl4
    437|/m/083vt|Wood|/t/dd00041
    438|/m/07pczhz|Chop|/m/083vt
    439|/m/07pl1bw|Splinter|/m/083vt
    440|/m/07qs1cx|Crack|/m/083vt /m/05n1m
    |/m/07pc8l3|Snap|/m/083vt /m/05n1m
    441|/m/039jq|Glass|/t/dd00041
    442|/m/07q7njn|Chink, clink|/m/039jq
    443|/m/07rn7sz|Shatter|/m/039jq
    444|/m/04k94|Liquid|/t/dd00041
    445|/m/07rrlb6|Splash, splatter|/m/04k94
    446|/m/07p6mqd|Slosh|/m/07rrlb6
    447|/m/07qlwh6|Squish|/m/04k94 /m/05n1m
    448|/m/07r5v4s|Drip|/m/04k94
    449|/m/07prgkl|Pour|/m/04k94
    450|/m/07pqc89|Trickle, dribble|/m/07prgkl
    451|/t/dd00088|Gush|/m/07prgkl
    452|/m/07p7b8y|Fill (with liquid)|/m/04k94
    453|/m/07qlf79|Spray|/m/04k94
    454|/m/07ptzwd|Pump (liquid)|/m/04k94
    455|/m/07ptfmf|Stir|/m/04k94
    456|/m/0dv3j|Boiling|/m/04k94
    |/t/dd00089|Miscellaneous sources|/t/dd00041
    457|/m/0790c|Sonar|/t/dd00089
    |/m/04179zz|Duck call (hunting tool)|/t/dd00089
    458|/m/0dl83|Arrow|/t/dd00089
    459|/m/07rqsjt|Whoosh, swoosh, swish|/m/0dl83 /m/05n1m
    460|/m/07qnq_y|Thump, thud|/m/0dl83 /t/dd00099
    461|/m/07rrh0c|Thunk|/m/07qnq_y
    |/t/dd00108|Clunk|/m/07qnq_y
    |/m/07pk7mg|Wobble|/m/0dl83
    |/t/dd00091|Sound equipment|/t/dd00089
    |/m/0hg7b|Microphone|/t/dd00091
    462|/m/0b_fwt|Electronic tuner|/t/dd00091
    |/m/01vfsf|Guitar amplifier|/t/dd00091
    463|/m/02rr_|Effects unit|/t/dd00091
    464|/m/07m2kt|Chorus effect|/m/02rr_
    |/t/dd00133|Specific impact sounds|/t/dd00041
    465|/m/018w8|Basketball bounce|/t/dd00133
    |/t/dd00098|Source-ambiguous sounds|
    |/t/dd00099|Generic impact sounds|/t/dd00098
    466|/m/07pws3f|Bang|/t/dd00099
    467|/m/07ryjzk|Slap, smack|/t/dd00099
    468|/m/07rdhzs|Whack, thwack|/t/dd00099
    469|/m/07pjjrj|Smash, crash|/t/dd00099
    470|/m/07pc8lb|Breaking|/t/dd00099
    471|/m/07pqn27|Bouncing|/t/dd00099
    472|/m/07rbp7_|Whip|/t/dd00099
    473|/m/07pyf11|Flap|/t/dd00099
    |/t/dd00109|Surface contact|/t/dd00098
    474|/m/07qb_dv|Scratch|/t/dd00109
    475|/m/07qv4k0|Scrape|/t/dd00109
    476|/m/07pdjhy|Rub|/t/dd00109
    477|/m/07s8j8t|Roll|/t/dd00109
    |/m/07pt6mm|Grind|/t/dd00109
    |/t/dd00110|Deformable shell|/t/dd00098
    478|/m/07plct2|Crushing|/t/dd00110
    479|/t/dd00112|Crumpling, crinkling|/t/dd00110
    480|/m/07qcx4z|Tearing|/t/dd00110
    |/m/05n1m|Onomatopoeia|/t/dd00098
    |/t/dd000138|Brief tone|/m/05n1m
    481|/m/02fs_r|Beep, bleep|/t/dd000138
    482|/m/07qwdck|Ping|/t/dd000138
    483|/m/07phxs1|Ding|/t/dd000138
    484|/m/07rv4dm|Clang|/t/dd000138
    |/m/07rpk1c|Twang|/t/dd000138
    485|/m/07s02z0|Squeal|/t/dd000138
    |/m/07q8k13|Screech|/t/dd000138
    486|/m/07qh7jl|Creak|/m/05n1m
    487|/m/07qwyj0|Rustle|/m/05n1m
    488|/m/07s34ls|Whir|/m/05n1m
    489|/m/07qmpdm|Clatter|/m/05n1m
    490|/m/07p9k1k|Sizzle|/m/05n1m
    491|/m/07qc9xj|Clicking|/m/05n1m
    492|/m/07rwm0c|Clickety-clack|/m/07qc9xj
    493|/m/07phhsh|Rumble|/m/05n1m
    |/m/07r_r9m|Blare|/m/05n1m
    494|/m/07qyrcz|Plop|/m/05n1m
    495|/m/07qfgpx|Jingle, tinkle|/m/05n1m
    |/t/dd00118|Fizz|/m/05n1m
    |/m/07q34h3|Puff|/m/05n1m
    496|/m/07rcgpl|Hum|/m/05n1m
    497|/m/07p78v5|Zing|/m/05n1m
    498|/t/dd00121|Boing|/m/05n1m
    499|/m/07s12q4|Crunch|/m/05n1m
    500|/m/028v0c|Silence|/t/dd00098
    |/t/dd00122|Other sourceless|/t/dd00098
    501|/m/01v_m0|Sine wave|/t/dd00122
    502|/m/0b9m1|Harmonic|/m/01v_m0
    503|/m/0hdsk|Chirp tone|/m/01v_m0
    504|/m/0c1dj|Sound effect|/t/dd00122
    505|/m/07pt_g0|Pulse|/t/dd00122
    |/m/01fhw5|Infrasound|/t/dd00122
    |/m/017gp|Bass (frequency range)|/t/dd00122
    |/m/05szwhw|Ringing (of resonator)|/t/dd00122
    |/t/dd00123|Channel, environment and background|
    |/t/dd00093|Acoustic environment|/t/dd00123
    506|/t/dd00125|Inside, small room|/t/dd00093
    507|/t/dd00126|Inside, large room or hall|/t/dd00093
    508|/t/dd00127|Inside, public space|/t/dd00093
    509|/t/dd00128|Outside, urban or manmade|/t/dd00093
    510|/t/dd00129|Outside, rural or natural|/t/dd00093
    511|/m/01b9nn|Reverberation|/t/dd00093
    512|/m/01jnbd|Echo|/t/dd00093
    513|/m/096m7z|Noise|/t/dd00123
    |/m/093_4n|Background noise|/m/096m7z
    514|/m/06_y0by|Environmental noise|/m/093_4n
    |/m/09d1b1|Tape hiss|/m/093_4n
    515|/m/07rgkc5|Static|/m/093_4n
    516|/m/06xkwv|Mains hum|/m/093_4n
    517|/m/0g12c5|Distortion|/m/093_4n
    518|/m/08p9q4|Sidetone|/m/093_4n
    519|/m/07szfh9|Cacophony|/m/096m7z
    520|/m/0chx_|White noise|/m/096m7z
    521|/m/0cj0r|Pink noise|/m/096m7z
    522|/m/07p_0gm|Throbbing|/m/096m7z
    523|/m/01jwx6|Vibration|/m/096m7z
    |/m/07bm98|Sound reproduction|/t/dd00123
    524|/m/07c52|Television|/m/07bm98
    525|/m/06bz3|Radio|/m/07bm98
    |/m/0cfpc|Loudspeaker|/m/07bm98
    |/m/01b7fy|Headphones|/m/07bm98
    |/m/025l19|Recording|/m/07bm98
    526|/m/07hvw1|Field recording|/m/025l19
    |/m/0174nj|Gramophone record|/m/07bm98
    |/m/01www|Compact disc|/m/07bm98
    |/m/04zc0|MP3|/m/07bm98
    """
}

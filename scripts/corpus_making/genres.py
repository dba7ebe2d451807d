"""The genres that are rendered, and the grooves, instruments and hand-played takes that each may use."""

from __future__ import annotations

from corpus_making.styles import Rendered, read_styles

GENRES: dict[str, Rendered] = {
    "jazz": Rendered(
        read_styles(
            """
            swing 110 220 swing
            fastswing 170 260 swing
            easyswing 100 150 swing
            slowjazz 60 90 swing
            jazzguitar 90 170 swing
            modernjazz 100 180 swing
            bebop 170 260 swing
            bigband 110 190 swing
            nitejazz 80 130 swing
            evansish 90 150 swing
            gypsyjazz 140 220 swing
            folkyjazz 100 150
            descendingjazz 90 140
            dixie 140 220 jazz|neworleans-secondline
            charleston 150 220
            bossanova 100 150 latin-brazilian-(bossa|samba)
            jazzrhumba 90 140 latin(-brazilian)?$
            jazzwaltz 110 180 swing
            fastjazzwaltz 150 220 swing
            modernjazzwaltz 110 180 swing
            """
        ),
        leads=(65, 66, 56, 11, 26, 0, 71, 59, 4, 40),
        takes=r"jazz(-swing|-fast|-mediumfast|-linear)?$",
        files=220,
        basses=(32,),
        only_hands=True,
    ),
    "blues": Rendered(
        read_styles(
            """
            blues 80 130 swing
            slowblues 56 80
            fastblues 130 175 swing
            countryblues 85 125 swing
            shuffleboggie 100 150 swing
            boggiewoggie 110 160 swing
            blues128 56 80 swing
            rb 85 125
            """
        ),
        leads=(26, 29, 22, 66, 0, 27, 65),
        takes=r"blues|rock(-shuffle|-rockabilly)?$|neworleans-shuffle|jazz(-swing)?$",
        files=150,
        basses=(32, 33),
    ),
    "pop": Rendered(
        read_styles(
            """
            8beat 90 135
            popballad 66 92
            pianoballad 62 88
            softrock 85 125
            guitarballad 65 95
            bubblerock 110 150
            boneym 108 130
            ballad 64 92
            popspiritual 80 120
            own:PopStrumA,PopPianoA,PopOwnEnd 90 140
            own:PopPianoA,PopPianoB,PopOwnEnd 76 132
            own:PopPianoB,PopStrumA,PopOwnEnd 84 138
            own:PopStrumA,PopPianoB,PopOwnEnd 90 145
            """
        ),
        leads=(53, 0, 80, 73, 4, 25, 85, 52, 81),
        takes=r"pop|rock(-indie|-folk|-groove8)?$|dance-disco",
        files=160,
        basses=(33, 34, 38),
        follows_kick=0.3,
    ),
    "pop-piano": Rendered(
        read_styles(
            """
            own:PianoPopA,PianoPopB,PianoPopEnd 62 96
            own:PianoPopB,PianoPopC,PianoPopEnd 62 96
            own:PianoPopC,PianoPopA,PianoPopEnd 58 84
            own:PianoPopD,PianoPopA,PianoPopEnd 60 92
            own:PianoPopA,PianoPopD,PianoPopEnd 64 104
            arpeggio44 62 92
            """
        ),
        leads=(0, 0, 53, 52, 73),
        files=30,
        basses=(0,),
        genre="pop",
    ),
    "pop-piano-drums": Rendered(
        read_styles(
            """
            pianoballad 60 95
            own:PianoPopA,PianoPopB,PianoPopEnd 62 100
            own:PianoPopB,PianoPopC,PianoPopEnd 62 100
            own:PianoPopD,PianoPopA,PianoPopEnd 60 100
            own:PianoPopC,PianoPopD,PianoPopEnd 58 92
            """
        ),
        leads=(0, 53, 52, 73, 40),
        takes=r"pop-soft|rock(-indie|-folk|-groove8)?$|soul(-groove3|-groove4)?$",
        files=45,
        basses=(0, 0, 33),
        only_hands=True,
        genre="pop",
    ),
    "latin": Rendered(
        read_styles(
            """
            bossanova 100 150
            samba 90 125
            salsa 150 210
            mambo 150 205
            merengue 118 165
            chacha 105 130
            rhumba 90 130
            bolero 80 115
            son 95 135
            calypso 95 140
            beguine 95 130
            cubanguitar 90 130
            lighttango 105 130
            tango 105 130
            latinwaltz 100 160
            slowbolero 66 92
            """
        ),
        leads=(56, 73, 24, 0, 12, 21, 71, 65),
        takes=r"latin|afrocuban|highlife|neworleans-chacha",
        files=180,
        basses=(32, 33),
        only_hands=True,
    ),
    "reggae": Rendered(
        read_styles(
            """
            ska 120 180 reggae|punk|rock$|pop$
            own:OneDropA,OneDropB,ReggaeEnd 115 155
            own:OneDropB,OneDropA,ReggaeEnd 118 150
            own:SteppersA,SteppersB,ReggaeEnd 115 150 reggae|dance-disco
            own:SteppersB,SteppersA,ReggaeEnd 115 145 reggae|dance-disco
            own:RockersA,RockersB,ReggaeEnd 62 92 reggae|latin-brazilian-sambareggae|hiphop|soul$|rock$
            own:RockersB,RockersA,ReggaeEnd 64 95 reggae|latin-brazilian-sambareggae|hiphop|soul$|rock$
            """
        ),
        leads=(56, 17, 22, 57, 53, 26, 65, 4),
        takes=r"reggae",
        files=110,
        basses=(33, 32, 34),
    ),
    "reggae-one-drop": Rendered(
        read_styles(
            """
            own:OneDropA,OneDropB,ReggaeEnd 115 155
            own:OneDropB,OneDropA,ReggaeEnd 118 150
            """
        ),
        leads=(56, 17, 22, 57, 53, 26, 65, 4),
        files=40,
        basses=(33, 32, 34),
        genre="reggae",
    ),
    "soul": Rendered(
        read_styles(
            """
            rb 80 120
            rb-ballad 62 90
            popspiritual 80 115
            spiritual 80 120
            strut 90 125
            own:SoulOwnA,SoulOwnB,SoulOwnEnd 84 125
            own:SoulOwnB,SoulOwnA,SoulOwnEnd 84 130
            own:NeoSoulA,NeoSoulB,SoulOwnEnd 68 100
            own:NeoSoulB,NeoSoulA,SoulOwnEnd 70 104
            """
        ),
        leads=(53, 65, 16, 4, 56, 61, 52),
        takes=r"soul|gospel|neworleans-(funk|shuffle)|funk-purdieshuffle",
        files=160,
        basses=(33, 34),
        follows_kick=0.35,
    ),
    "funk": Rendered(
        read_styles(
            """
            bvfunk 92 125
            lfusion 95 125
            own:FunkOwnA,FunkOwnB,FunkOwnEnd 84 122
            own:FunkOwnB,FunkOwnC,FunkOwnEnd 88 124
            own:FunkOwnC,FunkOwnA,FunkOwnEnd 90 126
            """
        ),
        leads=(65, 56, 61, 66, 17, 27, 4, 80),
        takes=r"funk|afrobeat|jazz-(funk|fusion)|neworleans-funk",
        files=160,
        basses=(33, 36, 37, 34),
        follows_kick=0.5,
    ),
    "hip-hop": Rendered(
        read_styles(
            """
            own:BoomBapA,BoomBapB,HipHopOwnEnd 78 104
            own:BoomBapB,BoomBapA,HipHopOwnEnd 80 106
            own:TrapA,TrapB,HipHopOwnEnd 66 92
            own:TrapB,BoomBapA,HipHopOwnEnd 70 100
            """
        ),
        leads=(4, 0, 11, 80, 65, 73, 5),
        takes=r"hiphop",
        files=150,
        basses=(38, 39, 33, 32),
        follows_kick=0.5,
    ),
    "country": Rendered(
        read_styles(
            """
            countryswing 110 170 country|rock(-folk|-rockabilly)?$
            bluegrass 120 180
            hillcountry 100 150 country|rock(-folk|-rockabilly)?$
            slowcountry 70 105 country|pop-soft|rock(-folk|-indie)?$
            westernswing 120 180 country|rock(-folk|-rockabilly)?$
            zydeco 110 150 neworleans|country
            countrywaltz 90 150 country|rock(-folk|-indie)?$|pop-soft
            folkrock 95 135 country|rock(-folk|-indie)?$
            """
        ),
        leads=(25, 105, 110, 22, 26, 27, 0),
        takes=r"country|rock-(folk|rockabilly|indie)|pop-soft|blues-shuffle",
        files=62,
        basses=(32, 33),
        only_hands=True,
    ),
    "rock": Rendered(
        read_styles(
            """
            basicrock 100 150
            60srock 110 160
            50srock 110 170 swing
            twist 130 170
            rockballad 64 92 swing
            rock-128 60 92 swing
            softrock 90 130
            ballad 62 95
            8beat 95 140
            folkrock 95 135
            own:RockOwnA,PopStrumA,PopOwnEnd 105 165
            own:RockOwnA,PopOwnEnd 110 170
            own:RockPowerA,RockPowerB,RockOwnEnd 90 165
            own:RockPowerB,RockRiffA,RockOwnEnd 84 145
            own:RockRiffA,RockPowerA,RockOwnEnd 90 150
            own:RockCleanA,RockPowerB,RockOwnEnd 70 130
            own:RockCleanA,RockRiffA,RockOwnEnd 76 130
            own:RockOrganA,RockRiffA,RockOwnEnd 95 150
            own:RockOrganA,RockCleanA,RockOwnEnd 84 140
            own:RockShuffleA,RockShuffleB,RockOwnEnd 85 140 swing
            own:RockShuffleB,RockShuffleA,RockOwnEnd 85 140 swing
            """
        ),
        leads=(29, 30, 27, 81, 18, 53, 53, 66, 25),
        takes=r"rock(-groove8|-indie|-prog|-halftime|-shuffle|-folk|-rockabilly)?$|punk",
        files=130,
        basses=(33, 34),
        follows_kick=0.4,
        only_hands=True,
    ),
    "march": Rendered(
        read_styles(
            """
            march 108 124
            bwmarch 108 126
            dixiemarch 110 130
            """
        ),
        leads=(56, 60, 71, 72, 73),
        files=36,
        basses=(58,),
    ),
    "electronic": Rendered(
        read_styles(
            """
            trance 130 144
            own:HouseA,HouseB,ElectronicEnd 118 130
            own:TechnoOwnA,TechnoOwnB,ElectronicEnd 124 140
            own:SynthPopA,SynthPopB,ElectronicEnd 100 128
            own:BreaksA,BreaksB,ElectronicEnd 130 172
            """
        ),
        leads=(80, 81, 87, 90, 85, 62),
        files=48,
        basses=(38, 39, 87),
    ),
}
